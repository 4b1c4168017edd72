/** What becomes of a question to a node: an answer, the death of its process, or a wait that has no end. */
import type { Running } from "./ring-run.ts";
import type { Scheduler } from "./scheduler.ts";

export type Asked<T> =
  | { readonly kind: "answer"; readonly answer: T }
  /** The process died first: nobody will ever answer. */
  | { readonly kind: "gone" }
  /** The process did not answer within `awakeMsMax`. */
  | { readonly kind: "hung" };

const lookMs = 40;

/**
 * Waits for a node's answer as somebody outside of its machine does. `awakeMsMax` counts the time in which the process
 * was not paused; absent, the wait is as long as the process lives.
 */
export function asked<T>(
  scheduler: Scheduler,
  { machine, node }: Running,
  promise: Promise<T>,
  awakeMsMax = Number.POSITIVE_INFINITY,
): Promise<Asked<T>> {
  return new Promise((resolve, reject) => {
    let awakeMs = 0;
    let isOver = false;
    const end = (result: Asked<T>) => {
      isOver = true;
      resolve(result);
    };
    promise.then((answer) => end({ kind: "answer", answer }), reject);
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
