/** Sending a state of one key to the replicas of an eventual ring, until enough of them hold it. */
import type { KeyState } from "../core/eventual.ts";
import { isSomeReached, type Quorum } from "../core/quorum.ts";
import type { PeerOutcome } from "./batcher.ts";
import { askReplica, type KeyStates } from "./key-states.ts";

/** What became of a state when the wait for it ended. */
export interface Sent {
  /** Whether one of each set holds the state, or a newer one where that counts. */
  readonly isKept: boolean;
  /** Whether somebody may have taken it all the same. */
  readonly mayTakeEffect: boolean;
}

/** A state, whom it goes to, and what counts as kept. */
export interface Sending {
  readonly state: KeyState;
  readonly to: readonly string[];
  readonly quorum: Quorum;
  /** Those that are known to hold it, or a newer one, already. */
  readonly holders: readonly string[];
  /** Whether a replica that holds a newer one counts too: in copies, but not for whoever waits for a write. */
  readonly countsNewer: boolean;
  /** Whether this node is no replica that stays: then those that take the state compare their partition. */
  readonly isOutside: boolean;
  /** Called once all have ended, if one of them has not taken it. */
  readonly onMissed: () => void;
}

/** Resolves as soon as one of each set holds the state, or when no more answers come. The others get it all the same. */
export function sendState(of: KeyStates, sending: Sending): Promise<Sent> {
  const { state, to, quorum, isOutside } = sending;
  const { key } = of;
  return new Promise((resolve) => {
    const holders = [...sending.holders];
    let openCount = to.length;
    let isMissed = false;
    let mayTakeEffect = false;

    function finish(): void {
      of.signal.removeEventListener("abort", finish);
      const isKept = isSomeReached(quorum, holders);
      resolve({ isKept, mayTakeEffect: mayTakeEffect || openCount > 0 });
    }

    function take(id: string, outcome: PeerOutcome): void {
      openCount--;
      const isNewer = outcome.kind === "held";
      if (outcome.kind === "merged" || (isNewer && sending.countsNewer))
        holders.push(id);
      if (outcome.kind !== "merged") isMissed = true;
      mayTakeEffect ||= mayHaveTaken(outcome);
      if (isSomeReached(quorum, holders) || openCount === 0) finish();
      if (openCount === 0 && isMissed) sending.onMissed();
    }

    of.signal.addEventListener("abort", finish);
    if (of.signal.aborted || to.length === 0) return finish();
    for (const id of to)
      void askReplica(of, id, {
        kind: "merge",
        key,
        ...state,
        ...(isOutside && { outside: true }),
      }).then((outcome) => take(id, outcome));
  });
}

function mayHaveTaken(outcome: PeerOutcome): boolean {
  switch (outcome.kind) {
    case "merged":
      return true;
    case "unreachable":
      return outcome.wasSent;
    case "abstained":
      return outcome.reason === "store-failed";
    default:
      return false;
  }
}
