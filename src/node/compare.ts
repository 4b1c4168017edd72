/** Compares the replicas of partitions, first by digests and then key by key, and refreshes what they do not hold alike. */
import {
  type Ballot,
  compareBallots,
  isZero,
  sameBallot,
} from "../core/ballot.ts";
import { isEventual, type Layout, replicaIdsOf } from "../core/layout.ts";
import { fanOutMax } from "../core/limits.ts";
import type { PeerReply } from "../core/message.ts";
import type { Coordinator } from "./coordinator.ts";
import { unreadableDigest } from "./digest.ts";
import { mapLimited } from "./limited.ts";
import type { Suspicion } from "./suspicion.ts";
import type { Voters } from "./voters.ts";

/** How replicas are asked what they hold, and who refreshes what differs. */
export interface CompareParts {
  readonly voters: Voters;
  readonly coordinator: Coordinator;
  readonly suspicion: Suspicion;
  /** For the refresh of one key. */
  readonly operationTimeoutMs: number;
}

/**
 * The replicas of a partition that can be compared now: all, or none while one is silent, as it is waited for. In an
 * eventual ring those that answer: no majority keeps them alike, and who is silent is compared when it answers again.
 */
export function comparableIds(
  { suspicion }: Pick<CompareParts, "suspicion">,
  layout: Layout,
  partition: number,
): readonly string[] {
  const ids = replicaIdsOf(layout, partition);
  const answering = ids.filter((id) => !suspicion.hasFailed(id));
  if (answering.length === ids.length) return ids;
  return isEventual(layout) && answering.length > 1 ? answering : [];
}

/** The partitions that not all replicas are known to hold alike; a replica that cannot be asked differs from all. */
export async function differingPartitions(
  parts: CompareParts,
  layout: Layout,
  partitions: readonly number[],
): Promise<readonly number[]> {
  const { voters } = parts;
  const rows = new Map(
    partitions.map((p) => [p, comparableIds(parts, layout, p)]),
  );
  const ids = new Set([...rows.values()].flat());
  // With an absent digest for a replica that could not say.
  const seen = new Map(
    partitions.map((p) => [p, new Set<string | undefined>()]),
  );
  await mapLimited([...ids], fanOutMax, async (id) => {
    const asked = partitions.filter((p) => rows.get(p)?.includes(id));
    const reply = await voters.ask(layout, id, {
      kind: "digest",
      partitions: asked,
    });
    asked.forEach((partition, index) => {
      const digest =
        reply.kind === "digests" ? reply.digests[index] : undefined;
      const isKnown = digest !== unreadableDigest;
      seen.get(partition)?.add(isKnown ? digest : undefined);
    });
  });
  return partitions.filter((p) => {
    const digests = seen.get(p);
    return digests?.size !== 1 || digests.has(undefined);
  });
}

/** One page has been compared, and what differed was refreshed. */
export interface ComparedPage {
  /** Pass as `after` to go on; absent at the partition's end. */
  readonly next: string | undefined;
  readonly refreshedCount: number;
  /** False when a replica did not take what was refreshed: its disk is full, for instance. */
  readonly isHeld: boolean;
  /** The replicas that could not read some of their records. */
  readonly unreadableIds: readonly string[];
}

type Page = Extract<PeerReply, { kind: "page" }>;

/** Keys of one page, and how many of them are refreshed at once: a step is bounded even where every one of them times out. */
const pageKeys = 64;
const refreshesAtOnce = 16;

/**
 * Refreshes the keys of one page that not all replicas hold alike. A replica that cannot list it, because a record there
 * is unreadable, is asked for each key that the others have: so it learns which one that is. Absent when a replica could
 * not be asked, or a key not be refreshed: the page is tried again. When nobody can list it, nothing can be done.
 */
export async function comparePage(
  parts: CompareParts,
  layout: Layout,
  partition: number,
  after: string | undefined,
): Promise<ComparedPage | undefined> {
  const ids = comparableIds(parts, layout, partition);
  if (ids.length === 0) return undefined;
  const replies = await Promise.all(
    ids.map((id) =>
      parts.voters.ask(layout, id, {
        kind: "list",
        partition,
        ...(after !== undefined && { after }),
        limit: pageKeys,
      }),
    ),
  );
  const pages = replies.filter((reply) => reply.kind === "page");
  const unreadableIds = ids.filter((_, index) => isUnreadable(replies[index]));
  const heardCount = pages.length + unreadableIds.length;
  if (heardCount < ids.length) return undefined;
  const { keys, next } = merge(pages);
  const asked = await mapLimited(unreadableIds, fanOutMax, (id) =>
    statesOf(parts.voters, layout, id, keys),
  );
  const states = [...pages.map(statesOfPage), ...asked];
  const differing = keys.filter(
    (key) => !isAlike(states.map((state) => state.get(key))),
  );
  const isHeld = await refreshAll(parts, layout, ids, differing);
  if (isHeld === undefined) return undefined;
  return { next, refreshedCount: differing.length, isHeld, unreadableIds };
}

function isUnreadable(reply: { readonly kind: string } | undefined): boolean {
  return (
    reply?.kind === "abstained" &&
    "reason" in reply &&
    reply.reason === "unreadable"
  );
}

/** The keys up to where every page goes. */
function merge(pages: readonly Page[]) {
  const ends = pages.flatMap(({ next }) => (next === undefined ? [] : [next]));
  const next = ends.sort()[0];
  const isWithin = ({ name }: { readonly name: string }) =>
    next === undefined || name <= next;
  const keys = pages.flatMap((page) =>
    page.keys.filter(isWithin).map(({ key }) => key),
  );
  return { keys: [...new Set(keys)], next };
}

/** What a replica has accepted for each key; `unreadable` where it could not say. */
type States = ReadonlyMap<string, Ballot | "unreadable">;

function statesOfPage({ keys }: Page): States {
  return new Map(keys.map(({ key, accepted }) => [key, accepted]));
}

async function statesOf(
  voters: Voters,
  layout: Layout,
  id: string,
  keys: readonly string[],
): Promise<States> {
  const states = new Map<string, Ballot | "unreadable">();
  await Promise.all(
    keys.map(async (key) => {
      const reply = await voters.ask(layout, id, {
        kind: "read",
        area: "key",
        key,
        withEntry: false,
      });
      if (reply.kind !== "state") states.set(key, "unreadable");
      else if (!isZero(reply.accepted)) states.set(key, reply.accepted);
    }),
  );
  return states;
}

/** An unreadable record is no difference that a refresh could mend: its own replica rebuilds it. */
function isAlike(states: readonly (Ballot | "unreadable" | undefined)[]) {
  const known = states.filter((state) => state !== "unreadable");
  const [first] = known;
  return known.every((ballot) => ballot && first && sameBallot(ballot, first));
}

/**
 * Whether every replica holds each key now. Absent as soon as one could not be refreshed: its partition has no majority
 * now, so the others are left alone.
 */
async function refreshAll(
  parts: CompareParts,
  layout: Layout,
  ids: readonly string[],
  keys: readonly string[],
): Promise<boolean | undefined> {
  const { coordinator, operationTimeoutMs } = parts;
  let isDone = true;
  let isHeld = true;
  await mapLimited(keys, refreshesAtOnce, async (key) => {
    if (!isDone) return;
    const refreshed = await coordinator.refresh(key, operationTimeoutMs);
    if (!refreshed) isDone = false;
    else if (!(await isHeldByAll(parts, layout, ids, key, refreshed.ballot)))
      isHeld = false;
  });
  return isDone ? isHeld : undefined;
}

/**
 * A majority is enough to commit, but not to repair: one whose disk is full took nothing. A record that a replica cannot
 * read counts as held, as its own replica rebuilds it.
 */
async function isHeldByAll(
  { voters }: CompareParts,
  layout: Layout,
  ids: readonly string[],
  key: string,
  ballot: Ballot,
): Promise<boolean> {
  const replies = await Promise.all(
    ids.map((id) =>
      voters.ask(layout, id, {
        kind: "read",
        area: "key",
        key,
        withEntry: false,
      }),
    ),
  );
  return replies.every(
    (reply) =>
      isUnreadable(reply) ||
      (reply.kind === "state" && compareBallots(reply.accepted, ballot) >= 0),
  );
}
