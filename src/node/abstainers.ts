/** Which members' stores fail, as their votes tell: each abstains from what its disk could not do. */
import type { Clock } from "../ports.ts";

/** What this node's own votes have shown it of others' stores: its status calls those members `store-failing`. */
export interface Abstainers {
  /** This member gave no vote because its store failed. */
  note(id: string): void;
  /** Whether it did so in the last minute. */
  has(id: string): boolean;
}

const memoryMs = 60_000;

/** A note lasts a minute; a wall clock that is set back behind it ends it at once. */
export function createAbstainers(clock: Pick<Clock, "now">): Abstainers {
  const abstainedAt = new Map<string, number>();
  return {
    note: (id) => void abstainedAt.set(id, clock.now()),
    has(id) {
      const passedMs = clock.now() - (abstainedAt.get(id) ?? -Infinity);
      const isRecent = passedMs >= 0 && passedMs < memoryMs;
      if (!isRecent) abstainedAt.delete(id);
      return isRecent;
    },
  };
}
