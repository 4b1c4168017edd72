/** Which peers are not called for a while because the last call to them failed. No heartbeats: calls alone teach it. */
import type { Layout } from "../core/layout.ts";
import { suspicionMsMax, suspicionMsMin } from "../core/limits.ts";
import type { Clock } from "../ports.ts";

/** What calls have taught of members, by their ids; one answer makes good for all of it. */
export interface Suspicion {
  /** Whether calls to the member should fail at once; false again when it is time to try it. */
  isSuspected(id: string): boolean;
  /** Whether the last call to the member failed, however long ago. */
  hasFailed(id: string): boolean;
  /** A number for the time since the member last answered, another one each time; absent when the last call went well. */
  silenceOf(id: string): number | undefined;
  failed(id: string): void;
  /** Another node answered in the member's place: it failed like one that is silent. */
  displaced(id: string): void;
  /** Whether another node has answered in the member's place, twice in a row: once may be a change of layouts. */
  isDisplaced(id: string): boolean;
  answered(id: string): void;
}

/** Called when a member's standing turns, not at each call. */
export interface SuspicionEvents {
  /** A member did not answer that had answered so far. */
  readonly onFailed: () => void;
  /** A member answers again after calls to it had failed: it may have missed writes. */
  readonly onRecovered: (id: string) => void;
  /** Another node lives where the member should. */
  readonly onDisplaced: (id: string) => void;
}

/** The ids of the members that did not answer when they were last called. */
export function silentIds(
  { members }: Layout,
  suspicion: Pick<Suspicion, "hasFailed">,
): readonly string[] {
  return members.map(({ id }) => id).filter((id) => suspicion.hasFailed(id));
}

const displacedAfter = 2;

/** Since a member last answered. */
interface Silence {
  readonly number: number;
  /** How long it is not called after the last failure. */
  readonly delayMs: number;
}

/** Each failure in a row doubles the time of suspicion, from `suspicionMsMin` to `suspicionMsMax`. */
export function createSuspicion(
  clock: Clock,
  { onFailed, onRecovered, onDisplaced }: SuspicionEvents,
): Suspicion {
  const silences = new Map<string, Silence>();
  let silenceCount = 0;
  const resting = new Set<string>();
  /** How often in a row another node answered. */
  const displacements = new Map<string, number>();

  function rest(id: string): void {
    if (resting.has(id)) return;
    const known = silences.get(id);
    if (!known) onFailed();
    const { number, delayMs: lastMs } = known ?? {
      number: silenceCount++,
      delayMs: suspicionMsMin / 2,
    };
    const delayMs = Math.min(lastMs * 2, suspicionMsMax);
    silences.set(id, { number, delayMs });
    resting.add(id);
    // A timer, not a comparison of times: the wall clock may jump.
    clock.timer(delayMs, () => resting.delete(id));
  }

  return {
    isSuspected: (id) => resting.has(id),
    hasFailed: (id) => silences.has(id),
    silenceOf: (id) => silences.get(id)?.number,
    failed(id) {
      displacements.delete(id);
      rest(id);
    },
    displaced(id) {
      // Answers to calls that were under way together count as one.
      const isNew = !resting.has(id);
      rest(id);
      if (!isNew) return;
      const count = (displacements.get(id) ?? 0) + 1;
      displacements.set(id, count);
      if (count === displacedAfter) onDisplaced(id);
    },
    isDisplaced: (id) => (displacements.get(id) ?? 0) >= displacedAfter,
    answered(id) {
      displacements.delete(id);
      if (!silences.delete(id)) return;
      resting.delete(id);
      onRecovered(id);
    },
  };
}
