/** Deletes a key: the revision that was seen, and no other. */
import { type Caller, keyPath } from "./calls.ts";
import { closeDialog, Modal } from "./dialogs.tsx";
import { TroubleNote } from "./trouble-note.tsx";
import { useAction } from "./use-action.ts";

interface DeleteDialogProps {
  caller: Caller;
  /** The key. */
  name: string;
  revision: string;
  onDone: () => void;
  onClose: () => void;
}

/** Calls `onDone` when the key was deleted, and not when somebody had changed it. */
export function DeleteDialog({
  caller,
  name,
  revision,
  onDone,
  onClose,
}: DeleteDialogProps) {
  const { isBusy, trouble, run } = useAction();
  const remove = async (event: Event) => {
    const done = await run(() =>
      caller.call(keyPath(name), {
        method: "DELETE",
        headers: {
          "if-match": `"${revision}"`,
          "idempotency-key": crypto.randomUUID(),
        },
      }),
    );
    if (!done) return;
    closeDialog(event);
    onDone();
  };
  return (
    <Modal title="Delete this key?" onClose={onClose}>
      <p>
        <code class="key">{name}</code> is deleted on all of its replicas, and
        cannot be brought back. If somebody has changed it since you opened it,
        nothing is deleted.
      </p>
      <TroubleNote trouble={trouble} />
      <div class="buttons">
        <button type="button" class="danger" disabled={isBusy} onClick={remove}>
          {isBusy ? "Deleting…" : "Delete it"}
        </button>
        <button type="button" class="quiet" autofocus onClick={closeDialog}>
          Cancel
        </button>
      </div>
    </Modal>
  );
}
