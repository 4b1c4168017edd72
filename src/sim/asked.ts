/** What becomes of a question to a node: an answer, the death of its process, or a wait that has no end. */
import type { RingNode } from "../node/api.ts";
import { StoreError } from "../store/store-error.ts";
import type { Running } from "./ring-run.ts";
import type { Scheduler } from "./scheduler.ts";

/** How the wait for a node ended. */
export type Asked<T> =
  | { readonly kind: "answer"; readonly answer: T }
  /** The node's disk failed: nothing is known of what was asked. */
  | { readonly kind: "store-failed" }
  /** The process died first: nobody will ever answer. */
  | { readonly kind: "gone" }
  /** The process did not answer within `awakeMsMax`. */
  | { readonly kind: "hung" };

const lookMs = 40;

/** `ask` is called in the node's process: at once, at the end of a pause, or never. */
export interface Question<T> {
  readonly ask: (node: RingNode) => Promise<T>;
  readonly awakeMsMax?: number;
}

/**
 * Asks a node, and waits for the answer as somebody outside of its machine does. `awakeMsMax` counts the time in which
 * the process was not paused; absent, the wait is as long as the process lives.
 */
export function asked<T>(
  scheduler: Scheduler,
  { machine, node }: Running,
  { ask, awakeMsMax = Number.POSITIVE_INFINITY }: Question<T>,
): Promise<Asked<T>> {
  return new Promise((resolve, reject) => {
    let awakeMs = 0;
    let isOver = false;
    const end = (result: Asked<T>) => {
      isOver = true;
      resolve(result);
    };
    machine.deliver(() => {
      ask(node).then(
        (answer) => end({ kind: "answer", answer }),
        (error: unknown) => {
          if (error instanceof StoreError) end({ kind: "store-failed" });
          else reject(error);
        },
      );
    });
    function look(): void {
      if (isOver) return;
      if (machine.process.state() === "running") awakeMs += lookMs;
      if (machine.node() !== node) end({ kind: "gone" });
      else if (awakeMs > awakeMsMax) end({ kind: "hung" });
      else scheduler.after(lookMs, look);
    }
    scheduler.after(lookMs, look);
  });
}
