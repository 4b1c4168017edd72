/** Whether a membership change stands still: by a clock that does not jump. */
import type { CancelTimer, Clock } from "../ports.ts";

/** How long a driver is patient with its change. */
export interface Stall {
  /** Called after each step of the change, with whether it moved anything; a change begins as one that did. */
  note(hasProgress: boolean): void;
  /** Whether nothing has moved for `changeStallMsMax`. */
  isOver(): boolean;
}

/** Its time begins with the first step that moved nothing, and ends with any that did. */
export function createStall(clock: Clock, changeStallMsMax: number): Stall {
  let isOver = false;
  let cancel: CancelTimer | undefined;
  return {
    note(hasProgress) {
      if (hasProgress) {
        cancel?.();
        cancel = undefined;
        isOver = false;
      } else
        cancel ??= clock.timer(changeStallMsMax, () => {
          isOver = true;
        });
    },
    isOver: () => isOver,
  };
}
