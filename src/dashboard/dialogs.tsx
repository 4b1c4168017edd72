/** The dialogs: one at a time, each says what will happen. */

import type { Child } from "hono/jsx";
import { useEffect, useRef } from "hono/jsx/dom";
import { AddDialog } from "./add-dialog.tsx";
import { DeleteDialog } from "./delete-dialog.tsx";
import type { Feed, FeedState } from "./feed.ts";
import { RemoveDialog } from "./remove-dialog.tsx";
import { TokenDialog } from "./token-dialog.tsx";

/** Which one is open, and what it is about. */
export type Dialog =
  | { readonly kind: "token" }
  | { readonly kind: "add" }
  | { readonly kind: "remove"; readonly name: string }
  | {
      readonly kind: "delete";
      /** The key. */
      readonly name: string;
      readonly revision: string;
      readonly onDone: () => void;
    };

interface DialogsProps {
  dialog: Dialog | undefined;
  state: FeedState;
  feed: Feed;
  onClose: () => void;
}

/** Shows the one that is open; absent: none is. */
export function Dialogs({ dialog, state, feed, onClose }: DialogsProps) {
  const { ring } = state;
  const { caller } = feed;
  switch (dialog?.kind) {
    case undefined:
      return null;
    case "token":
      return <TokenDialog feed={feed} state={state} onClose={onClose} />;
    case "add":
      return <AddDialog caller={caller} onClose={onClose} />;
    case "remove":
      return (
        ring && (
          <RemoveDialog
            caller={caller}
            ring={ring}
            name={dialog.name}
            isLive={state.phase === "live"}
            onClose={onClose}
          />
        )
      );
    case "delete":
      return <DeleteDialog caller={caller} {...dialog} onClose={onClose} />;
  }
}

interface ModalProps {
  title: string;
  onClose: () => void;
  children?: Child;
}

/** A modal dialog: the browser keeps the focus in it, and gives it back. */
export function Modal({ title, onClose, children }: ModalProps) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current;
    if (dialog && !dialog.open) dialog.showModal();
  }, []);
  return (
    <dialog ref={ref} aria-labelledby="dialog-title" onClose={onClose}>
      <h2 id="dialog-title">{title}</h2>
      {children}
    </dialog>
  );
}

/** Closes the dialog that the element is in, as Escape would. */
export function closeDialog({ target }: Event): void {
  if (target instanceof Element) target.closest("dialog")?.close();
}

/** The text in a field of the form that was sent. */
export function fieldOf({ target }: Event, name: string): string {
  if (!(target instanceof HTMLFormElement)) return "";
  const value = new FormData(target).get(name);
  return typeof value === "string" ? value : "";
}
