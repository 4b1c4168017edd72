/** A watch of one key as its reader sees it: the state now, and each later one that stays visible until it is asked for. */
import type { RingError } from "../core/errors.ts";
import type { ReadValue } from "./api.ts";

/** What `next` gives. `absent`: the key has no value now. */
export type WatchEvent =
  | { readonly kind: "value"; readonly value: ReadValue }
  | { readonly kind: "absent" }
  /** Nothing new came in the time that the reader wanted to wait. */
  | { readonly kind: "quiet" }
  /** There will be no more: the node shuts down, went to another ring, or cannot read the key. Watch at another node. */
  | { readonly kind: "ended"; readonly error?: RingError };

/** Of one reader. It counts against `watchersMax` until it is closed, even when it has ended. */
export interface Watch {
  /** The next state that the reader has not had; states that came and went meanwhile are left out. One call at a time. */
  next(waitMs: number): Promise<WatchEvent>;
  /** Lets go of everything; a call that waits gets `ended`. */
  close(): void;
}

/** Where a reader goes on that was cut off. */
export interface WatchOptions {
  /** The state that the reader has already: a revision's text, or `absentId`. Absent: none. */
  readonly after?: string;
}

/** Stands for "no value" where a revision stands for a value. */
export const absentId = "absent";
