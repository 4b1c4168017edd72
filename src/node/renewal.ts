/** Ends an epoch that nothing else ends, so that records which may have forgotten its promises can be rebuilt. */
import { canServe } from "../core/layout.ts";
import { unmovedCount } from "../core/layout-change.ts";
import type { Clock } from "../ports.ts";
import type { Task } from "./background.ts";
import type { Changes } from "./changes.ts";
import type { Repair } from "./repair.ts";
import type { Ring } from "./ring.ts";
import { type Suspicion, silentIds } from "./suspicion.ts";

/** Who knows that an epoch has to end, and how it is ended. */
export interface RenewalParts {
  readonly ring: Ring;
  readonly suspicion: Suspicion;
  readonly repair: Pick<Repair, "needsNewEpoch">;
  readonly changes: Pick<Changes, "rebalance">;
  readonly clock: Clock;
}

/** Between two of them: each costs every key a prepare, and a disk that rots on has many records. */
const spacingMs = 10_000;
const pollMs = 1_000;

/** The node that has such records does it, by a change of the layout in which nothing moves. */
export function renewEpoch(parts: RenewalParts): Task {
  const { ring, suspicion, repair } = parts;
  let isResting = false;
  return {
    name: "renew the epoch",
    step: async () => {
      const layout = ring.layout();
      if (layout.phase !== "stable" || !ring.isMember()) return undefined;
      if (!repair.needsNewEpoch()) return undefined;
      const silent = silentIds(layout, suspicion);
      // Nobody could decide it; or what an earlier change left behind would be moved too (leftovers.ts).
      const isHeldUp =
        !canServe(layout, [layout.system], silent) ||
        (silent.length > 0 && unmovedCount(layout) > 0);
      if (isResting || isHeldUp) return pollMs;
      isResting = true;
      parts.clock.timer(spacingMs, () => {
        isResting = false;
      });
      await parts.changes.rebalance();
      return pollMs;
    },
  };
}
