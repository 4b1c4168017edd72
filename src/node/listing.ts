/** Lists a partition from a majority of its replicas: the pages of each, merged in stored-name order. */
import { type Ballot, compareBallots, sameBallot } from "../core/ballot.ts";
import { isEventual, type Layout } from "../core/layout.ts";
import type { ListedKey, PeerReply } from "../core/message.ts";
import {
  isReachable,
  isReached,
  isSomeReached,
  membersOf,
  type Quorum,
} from "../core/quorum.ts";
import type { PeerOutcome } from "./batcher.ts";
import type { Voters } from "./voters.ts";

/** The newest state of a key among the replicas that were heard. */
export interface MergedKey extends ListedKey {
  /**
   * Whether a majority was seen to hold exactly this state: then it is what a linearizable read would find. In an
   * eventual ring the newest state that was seen is all that there is to know.
   */
  readonly isAgreed: boolean;
}

/** Keys in the order of their stored names, as far as every replica's page goes. */
export interface MergedPage {
  /** The newest modification time that any of the majority has collected in the partition. */
  readonly collectedAt: number;
  readonly keys: readonly MergedKey[];
  /** Pass as `after` to go on; absent at the partition's end. */
  readonly next?: string;
}

/** Which page of which partition, and whose word is needed for it. */
export interface ListRequest {
  readonly layout: Layout;
  readonly partition: number;
  readonly quorum: Quorum;
  /** A stored name; absent: from the partition's beginning. */
  readonly after?: string | undefined;
  /** Of each replica's page; the merged one may have more keys. */
  readonly limit: number;
  /**
   * In an eventual ring: who may be silent without spoiling the listing, as it may hold what nobody else does; absent:
   * anybody.
   */
  readonly mayMiss?: (memberId: string) => boolean;
}

type Page = Extract<PeerReply, { kind: "page" }>;

/**
 * Absent when no majority gave its page. Every key that a majority has accepted is in some majority's pages. In an
 * eventual ring it is every key that anyone holds who answered, and absent when a set of the quorum has nobody who did.
 */
export async function listPartition(
  voters: Voters,
  request: ListRequest,
): Promise<MergedPage | undefined> {
  const { layout, quorum } = request;
  if (isEventual(layout)) {
    const pages = await pagesOfAll(voters, request);
    return pages && mergePages(pages, () => true);
  }
  const pages = await pagesOfMajority(voters, request);
  return pages && mergePages(pages, (holders) => isReached(quorum, holders));
}

function ask(
  voters: Voters,
  { layout, partition, after, limit }: ListRequest,
  id: string,
): Promise<PeerOutcome> {
  return voters.ask(layout, id, {
    kind: "list",
    partition,
    ...(after !== undefined && { after }),
    limit,
  });
}

async function pagesOfAll(
  voters: Voters,
  request: ListRequest,
): Promise<ReadonlyMap<string, Page> | undefined> {
  const pages = new Map<string, Page>();
  const { mayMiss } = request;
  let isSpoilt = false;
  await Promise.all(
    membersOf(request.quorum).map(async (id) => {
      const outcome = await ask(voters, request, id);
      if (outcome.kind === "page") pages.set(id, outcome);
      else if (mayMiss && (outcome.kind !== "unreachable" || !mayMiss(id)))
        isSpoilt = true;
    }),
  );
  if (isSpoilt) return undefined;
  return isSomeReached(request.quorum, [...pages.keys()]) ? pages : undefined;
}

function pagesOfMajority(
  voters: Voters,
  request: ListRequest,
): Promise<ReadonlyMap<string, Page> | undefined> {
  const { quorum } = request;
  return new Promise((resolve) => {
    const pages = new Map<string, Page>();
    const failed: string[] = [];
    const take = (from: string, outcome: PeerOutcome) => {
      if (outcome.kind === "page") pages.set(from, outcome);
      else failed.push(from);
      if (isReached(quorum, [...pages.keys()])) resolve(new Map(pages));
      else if (!isReachable(quorum, failed)) resolve(undefined);
    };
    for (const id of membersOf(quorum))
      void ask(voters, request, id).then((outcome) => take(id, outcome));
  });
}

function mergePages(
  pages: ReadonlyMap<string, Page>,
  isAgreed: (holders: readonly string[]) => boolean,
): MergedPage {
  // Beyond the shortest page that goes on, not everybody has been heard.
  let bound: string | undefined;
  for (const { next } of pages.values())
    if (next !== undefined && (bound === undefined || next < bound))
      bound = next;

  const byName = new Map<string, { top: ListedKey; holders: string[] }>();
  for (const [from, { keys }] of pages) {
    for (const listed of keys) {
      if (bound !== undefined && listed.name > bound) break;
      const known = byName.get(listed.name);
      if (!known || isAbove(listed.accepted, known.top.accepted))
        byName.set(listed.name, { top: listed, holders: [from] });
      else if (sameBallot(listed.accepted, known.top.accepted))
        known.holders.push(from);
    }
  }
  const keys = [...byName.values()]
    .sort((a, b) => (a.top.name < b.top.name ? -1 : 1))
    .map(({ top, holders }) => ({
      ...top,
      isAgreed: isAgreed(holders),
    }));
  const collectedAt = Math.max(
    ...[...pages.values()].map((page) => page.collectedAt),
  );
  return { keys, collectedAt, ...(bound !== undefined && { next: bound }) };
}

function isAbove(a: Ballot, b: Ballot): boolean {
  return compareBallots(a, b) > 0;
}
