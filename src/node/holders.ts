/** Who keeps a key, and what each of them holds: every replica is asked, so that people can see it. */
import { formatBallot, isZero } from "../core/ballot.ts";
import { isPresent } from "../core/entry.ts";
import { ok, type Result } from "../core/errors.ts";
import {
  type Layout,
  memberOf,
  partitionOfKey,
  replicaIdsOf,
  replicasOf,
} from "../core/layout.ts";
import type { Clock } from "../ports.ts";
import type { PeerOutcome } from "./batcher.ts";
import type { Ring } from "./ring.ts";
import type { Voters } from "./voters.ts";

/** What one replica holds of a key. */
export interface Holder {
  readonly member: string;
  /** The primary coordinates the key's changes; one that is `joining` or `leaving` does so while a change is under way. */
  readonly role: "primary" | "replica" | "joining" | "leaving";
  /**
   * `absent`: it holds that there is no value, which was deleted, is over, or never was. `nothing`: it holds no record.
   * `unknown`: it did not answer, or cannot.
   */
  readonly holds: "value" | "absent" | "nothing" | "unknown";
  /** The revision of the value, or of its deletion: the ETag's text; absent unless it holds one. */
  readonly revision?: string;
  /** The ballot under which it accepted that, as text: replicas with the same one hold the same. */
  readonly accepted?: string;
  /** Why it is unknown. */
  readonly reason?: string;
}

/** What `RingNode.holders` tells: replicas that are asked one by one may differ while the key changes. */
export interface KeyHolders {
  readonly partition: number;
  readonly partitionCount: number;
  /** The primary first. */
  readonly holders: readonly Holder[];
}

/** Who is asked, and the clock that says whether a value's time is over. */
export interface HoldersParts {
  readonly ring: Ring;
  readonly voters: Voters;
  readonly clock: Pick<Clock, "now">;
}

type State = Extract<PeerOutcome, { kind: "state" }>;

/** Asks each replica which state it accepted, and one of those with the same state for its entry. */
export async function holdersOf(
  { ring, voters, clock }: HoldersParts,
  key: string,
): Promise<Result<KeyHolders>> {
  const layout = ring.layout();
  const partition = partitionOfKey(layout, key);
  const ids = replicaIdsOf(layout, partition);
  const read = (id: string, withEntry: boolean) =>
    voters.ask(layout, id, { kind: "read", area: "key", key, withEntry });
  const outcomes = await Promise.all(ids.map((id) => read(id, false)));
  /** By the state's ballot: its entry is large, and the same wherever the ballot is. */
  const entries = new Map<string, State["entry"]>();
  for (const [index, outcome] of outcomes.entries()) {
    const id = ids[index];
    if (outcome.kind !== "state" || id === undefined) continue;
    const accepted = formatBallot(outcome.accepted);
    if (isZero(outcome.accepted) || entries.has(accepted)) continue;
    const whole = await read(id, true);
    if (whole.kind === "state" && formatBallot(whole.accepted) === accepted)
      entries.set(accepted, whole.entry);
  }
  const holders = ids.map((id, index): Holder => {
    const outcome = outcomes[index] ?? { kind: "stale" };
    const who = {
      member: memberOf(layout, id)?.name ?? id,
      role: roleOf(layout, partition, id),
    };
    if (outcome.kind !== "state")
      return { ...who, holds: "unknown", reason: reasonOf(outcome) };
    const accepted = formatBallot(outcome.accepted);
    if (isZero(outcome.accepted)) return { ...who, holds: "nothing" };
    const entry = entries.get(accepted);
    if (!entry)
      return { ...who, holds: "unknown", accepted, reason: "changing" };
    const { revision } = entry;
    return {
      ...who,
      holds: isPresent(entry, clock.now()) ? "value" : "absent",
      accepted,
      ...(!isZero(revision) && { revision: formatBallot(revision) }),
    };
  });
  return ok({ partition, partitionCount: layout.table.length, holders });
}

function roleOf(layout: Layout, partition: number, id: string): Holder["role"] {
  const isIn = (side: Parameters<typeof replicasOf>[0]) =>
    replicasOf(side, partition).some((replica) => replica.id === id);
  if (layout.next && !isIn(layout.next)) return "leaving";
  if (!isIn(layout)) return "joining";
  return replicasOf(layout, partition)[0]?.id === id ? "primary" : "replica";
}

function reasonOf(outcome: Exclude<PeerOutcome, State>): string {
  if (outcome.kind === "abstained") return outcome.reason;
  return outcome.kind === "unreachable" ? "no-answer" : outcome.kind;
}
