/** How long keys were away, and what that was owed to. */
import type { Loss } from "./ring.ts";

/** From one success of a probe to its next of the same kind on the same key. */
export interface Gap {
  readonly key: string;
  readonly kind: "get" | "put";
  readonly from: number;
  readonly to: number;
  /** What was tried before the success, and it, for people. */
  readonly attempts: readonly string[];
}

/** Gaps of one kind and cause. */
export interface GapGroup {
  readonly longest: Gap;
  readonly count: number;
  /** How many were longer than a second. */
  readonly longCount: number;
}

/** The cause of gaps in which every node was there: what the machine and the load alone do. */
export const nothingLost = "nothing lost";
const longMs = 1_000;

/**
 * Gaps by `kind, cause`: of those in which exactly one node was lost, and those in which none was. What lies around the
 * death of all nodes, or of two at once, says nothing about the loss of one.
 */
export function gapGroups(
  gaps: readonly Gap[],
  losses: readonly Loss[],
): ReadonlyMap<string, GapGroup> {
  const groups = new Map<string, GapGroup>();
  for (const gap of gaps) {
    const cause = causeOf(gap, losses);
    if (cause === undefined) continue;
    const name = `${gap.kind}, ${cause}`;
    const { longest = gap, count = 0, longCount = 0 } = groups.get(name) ?? {};
    groups.set(name, {
      longest: lengthMs(gap) > lengthMs(longest) ? gap : longest,
      count: count + 1,
      longCount: longCount + (lengthMs(gap) > longMs ? 1 : 0),
    });
  }
  return groups;
}

/** Absent when more than one node was lost. */
function causeOf(gap: Gap, losses: readonly Loss[]): string | undefined {
  const during = losses.filter(
    ({ from, to = Infinity }) => from < gap.to && to > gap.from,
  );
  const [first] = during;
  if (!first) return nothingLost;
  const isOfMany = ({ cause }: Loss) => cause === "death of all";
  const isTogether = (loss: Loss) =>
    during.some((other) => areTogether(loss, other));
  return during.some(isOfMany) || during.some(isTogether)
    ? undefined
    : first.cause;
}

function areTogether(one: Loss, other: Loss): boolean {
  const { from, to = Infinity } = other;
  return (
    one.name !== other.name && one.from < to && (one.to ?? Infinity) > from
  );
}

export function lengthMs({ from, to }: Gap): number {
  return to - from;
}
