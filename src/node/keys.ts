/** The listing that users see: the keys of this node's primary partitions, or of the ring, page by page, linearizable per key. */
import { fail, ok, type Result } from "../core/errors.ts";
import { isReservedKey } from "../core/key.ts";
import { type Layout, primaryOf, quorumOf } from "../core/layout.ts";
import { listingScanMax, pageKeysMax } from "../core/limits.ts";
import type { Clock } from "../ports.ts";
import type { KeyPage, ListOptions } from "./api.ts";
import type { Coordinator } from "./coordinator.ts";
import { mapLimited } from "./limited.ts";
import { listPartition, type MergedKey, type MergedPage } from "./listing.ts";
import type { Ring } from "./ring.ts";
import type { Voters } from "./voters.ts";

/** Who gives pages of keys, and who settles what replicas do not agree on. */
export interface KeysParts {
  readonly ring: Ring;
  readonly voters: Voters;
  readonly coordinator: Coordinator;
  readonly clock: Clock;
  /** For the read that settles one key. */
  readonly operationTimeoutMs: number;
}

/** Partitions listed at once: at first few, as they may fill the page, then enough for a batch to each peer. */
const partitionsAtOnceMin = 4;
const partitionsAtOnce = 32;

interface Position {
  readonly partition: number;
  readonly after?: string | undefined;
}

/**
 * One page of keys. The order is that of partitions and stored names, which means nothing to a caller. It ends, maybe with
 * few keys or none, when enough were looked at and a cursor can say where.
 */
export async function listKeys(
  parts: KeysParts,
  options: ListOptions,
): Promise<Result<KeyPage>> {
  const start = readCursor(options.cursor);
  if (!start)
    return fail("invalid_cursor", "The cursor is not one that this ring gave.");
  const layout = parts.ring.layout();
  const wanted = layout.table.flatMap((_, partition) =>
    partition >= start.partition && isWanted(parts, layout, partition, options)
      ? [partition]
      : [],
  );
  const pages = pagesInOrder(wanted, start, (position) =>
    pageOf(parts, layout, options, position),
  );
  const keys: string[] = [];
  let scannedCount = 0;
  for await (const { partition, page } of pages) {
    if (!page)
      return fail(
        "no_quorum",
        "A partition has no majority of its replicas within reach; try again.",
        { partition },
      );
    for (const { key, name } of page.present) {
      keys.push(key);
      if (keys.length === options.limit)
        return ok({ keys, cursor: writeCursor({ partition, after: name }) });
    }
    scannedCount += page.scannedCount;
    if (scannedCount < listingScanMax) continue;
    const next = nextPosition(partition, page);
    if (next) return ok({ keys, cursor: writeCursor(next) });
  }
  return ok({ keys });
}

/**
 * Where a listing that ends after this page goes on. A cursor can be read: it tells no name that the caller may not list,
 * so among such names there is no place to end, until their partition does.
 */
function nextPosition(
  partition: number,
  { next, lastWanted }: PresentPage,
): Position | undefined {
  if (next === undefined) return { partition: partition + 1 };
  return lastWanted === undefined
    ? undefined
    : { partition, after: lastWanted };
}

/** Every page of the partitions, the first ones of a wave asked for at once; after an absent one there is no next. */
async function* pagesInOrder(
  partitions: readonly number[],
  start: Position,
  pageAt: (position: Position) => Promise<PresentPage | undefined>,
): AsyncGenerator<{
  readonly partition: number;
  readonly page: PresentPage | undefined;
}> {
  let waveSize = partitionsAtOnceMin;
  for (let at = 0; at < partitions.length; ) {
    const wave = partitions.slice(at, at + waveSize);
    const firsts = await mapLimited(wave, partitionsAtOnce, (partition) =>
      pageAt(partition === start.partition ? start : { partition }),
    );
    for (const [index, partition] of wave.entries()) {
      let page = firsts[index];
      yield { partition, page };
      while (page?.next !== undefined) {
        page = await pageAt({ partition, after: page.next });
        yield { partition, page };
      }
    }
    at += wave.length;
    waveSize = Math.min(2 * waveSize, partitionsAtOnce);
  }
}

function isWanted(
  { ring }: KeysParts,
  layout: Layout,
  partition: number,
  { scope }: ListOptions,
): boolean {
  return scope === "ring" || primaryOf(layout, partition) === ring.memberId();
}

interface PresentPage {
  readonly present: readonly MergedKey[];
  readonly next: string | undefined;
  /** The last name of those that the listing is of, deleted ones too; absent when there was none. */
  readonly lastWanted: string | undefined;
  /** Keys that were looked at, deleted ones and those without the prefix too. */
  readonly scannedCount: number;
}

async function pageOf(
  parts: KeysParts,
  layout: Layout,
  { prefix }: ListOptions,
  { partition, after }: Position,
): Promise<PresentPage | undefined> {
  const page: MergedPage | undefined = await listPartition(parts.voters, {
    layout,
    partition,
    quorum: quorumOf(layout, partition),
    after,
    limit: pageKeysMax,
  });
  if (!page) return undefined;
  const matching = page.keys.filter(
    ({ key }) => !isReservedKey(key) && (!prefix || key.startsWith(prefix)),
  );
  const presence = await mapLimited(matching, partitionsAtOnce, (listed) =>
    isThere(parts, listed),
  );
  if (presence.includes(undefined)) return undefined;
  return {
    present: matching.filter((_, index) => presence[index]),
    next: page.next,
    lastWanted: matching.at(-1)?.name,
    scannedCount: page.keys.length,
  };
}

/** What the replicas do not agree on, and what just expired, is settled by a read. Absent when there is no majority. */
async function isThere(
  { coordinator, clock, operationTimeoutMs }: KeysParts,
  { key, isAgreed, isTombstone, expiresAt }: MergedKey,
): Promise<boolean | undefined> {
  const isOver = expiresAt !== undefined && expiresAt <= clock.now();
  if (isAgreed && (isTombstone || !isOver)) return !isTombstone;
  const read = await coordinator.read(key, operationTimeoutMs);
  return read.kind === "no-quorum" ? undefined : read.kind === "found";
}

function writeCursor({ partition, after }: Position): string {
  return `1.${partition}.${after ?? ""}`;
}

/** Absent when the text is no cursor of format 1. */
function readCursor(cursor: string | undefined): Position | undefined {
  if (cursor === undefined) return { partition: 0 };
  const match = /^1\.(\d{1,5})\.([\x21-\x7e]{0,512})$/.exec(cursor);
  if (!match) return undefined;
  const after = match[2];
  return { partition: Number(match[1]), ...(after && { after }) };
}
