/** What a membership change left with its old replicas is moved later, when every member answers. */
import type { Layout } from "../core/layout.ts";
import { unmovedCount } from "../core/layout-change.ts";
import type { CancelTimer, Clock } from "../ports.ts";
import type { Task } from "./background.ts";
import type { Changes } from "./changes.ts";
import type { Ring } from "./ring.ts";
import { type Suspicion, silentIds } from "./suspicion.ts";

/** What shows that all members answer, and how the rest is moved. */
export interface LeftoversParts {
  readonly ring: Ring;
  readonly suspicion: Suspicion;
  readonly changes: Pick<Changes, "rebalance">;
  readonly clock: Clock;
  /** How long a change was tried before it ended without them: the first wait, for whoever made it may do it again. */
  readonly changeStallMsMax: number;
}

/** What cannot be moved is tried more and more seldom, up to so many times the first wait. */
const delayGrowthMax = 32;
const pollMs = 1_000;

/** One member does it, the first of those that decide layouts, and not while any member is known to be silent. */
export function moveLeftovers(parts: LeftoversParts): Task {
  const { ring, suspicion, clock, changeStallMsMax: delayMsMin } = parts;
  let seen: Layout | undefined;
  let isDue = false;
  let delayMs = delayMsMin;
  let cancel: CancelTimer | undefined;

  /** By a clock that does not jump. */
  function wait(): void {
    isDue = false;
    cancel?.();
    cancel = clock.timer(delayMs, () => {
      isDue = true;
    });
  }

  return {
    name: "move what a change left behind",
    step: async () => {
      const layout = ring.layout();
      const isMine =
        layout.phase === "stable" &&
        ring.isMember() &&
        layout.system[0] === ring.memberId();
      if (!isMine) return undefined;
      if (seen !== layout) {
        seen = layout;
        if (unmovedCount(layout) === 0) {
          delayMs = delayMsMin;
          cancel?.();
          cancel = undefined;
        } else wait();
      }
      if (!cancel) return undefined;
      const isSilent = silentIds(layout, suspicion).length > 0;
      if (!isDue || isSilent) return pollMs;
      delayMs = Math.min(2 * delayMs, delayGrowthMax * delayMsMin);
      wait();
      await parts.changes.rebalance();
      return pollMs;
    },
  };
}
