/** How members fare, as rates: made of the totals that each tells when it is asked. */
import type { Vitals } from "../core/message.ts";
import type { Clock } from "../ports.ts";
import type { Holdings } from "./holdings.ts";
import type { OperationTotals } from "./meter.ts";
import type { MemberVitals } from "./ring-view.ts";

/** Long enough for a rate that can be read, short enough for one that follows. */
const windowMs = 5_000;

interface Look {
  readonly at: number;
  readonly vitals: Vitals;
}

/** Members' own words, by their ids, as rates over the last seconds. */
export interface VitalSigns {
  /** Notes what the member has just told. */
  note(id: string, vitals: Vitals): void;
  /** The member did not answer: what it told is not true any more. */
  forget(id: string): void;
  forgetAll(): void;
  /** Absent when the member has not told anything. */
  of(id: string): MemberVitals | undefined;
}

/** What this node tells of itself. */
export function ownVitals(parts: {
  readonly holdings: () => Holdings;
  readonly totals: () => OperationTotals;
  readonly problem: () => string | undefined;
}): Vitals {
  const { records, bytes, buckets } = parts.holdings();
  const problem = parts.problem();
  return {
    records,
    bytes,
    partitionsCounted: buckets,
    ...parts.totals(),
    ...(problem !== undefined && { problem }),
  };
}

/** A member that counts anew, after a restart, has no rates until it was asked twice. */
export function createVitalSigns(clock: Pick<Clock, "now">): VitalSigns {
  const looksOf = new Map<string, readonly Look[]>();
  return {
    note(id, vitals) {
      const at = clock.now();
      const known = looksOf.get(id) ?? [];
      const last = known.at(-1);
      // Another process counts anew, and a wall clock that was set back would make rates of nothing.
      const isOneCourse =
        last && last.at < at && last.vitals.operations <= vitals.operations;
      const looks = isOneCourse ? [...known, { at, vitals }] : [{ at, vitals }];
      const isOld = ({ at: then }: Look) => at - then > windowMs;
      // One that is older is kept, so that the window is full.
      const first = looks.findLastIndex(isOld);
      looksOf.set(id, looks.slice(Math.max(0, first)));
    },
    forget: (id) => looksOf.delete(id),
    forgetAll: () => looksOf.clear(),
    of(id) {
      const looks = looksOf.get(id) ?? [];
      const [first] = looks;
      const last = looks.at(-1);
      return first && last && memberVitals(first, last);
    },
  };
}

function memberVitals(first: Look, last: Look): MemberVitals {
  const { records, bytes, partitionsCounted, problem } = last.vitals;
  const seconds = (last.at - first.at) / 1000;
  const operations = last.vitals.operations - first.vitals.operations;
  const tookMs = last.vitals.operationMs - first.vitals.operationMs;
  return {
    records,
    bytes,
    partitionsCounted,
    ...(seconds > 0 && {
      operationsPerSecond: rounded(operations / seconds),
    }),
    ...(operations > 0 && {
      latencyMs: rounded(Math.max(0, tookMs) / operations),
    }),
    ...(problem !== undefined && { problem }),
  };
}

/** To what is worth reading: what differs by less is no news. */
function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
