/** The listing that users see: the keys of this node's primary partitions, or of the ring, page by page, linearizable per key. */
import { fail, ok, type Result } from "../core/errors.ts";
import { type Layout, primaryOf, quorumOf } from "../core/layout.ts";
import { pageKeysMax } from "../core/limits.ts";
import type { Clock } from "../ports.ts";
import type { KeyPage, ListOptions } from "./api.ts";
import type { Coordinator } from "./coordinator.ts";
import { mapLimited } from "./limited.ts";
import { listPartition, type MergedKey, type MergedPage } from "./listing.ts";
import type { Ring } from "./ring.ts";
import type { Voters } from "./voters.ts";

export interface KeysParts {
  readonly ring: Ring;
  readonly voters: Voters;
  readonly coordinator: Coordinator;
  readonly clock: Clock;
  readonly operationTimeoutMs: number;
}

/** Partitions listed at once: enough for a batch to each peer, few enough to bound what a page holds. */
const partitionsAtOnce = 32;

interface Position {
  readonly partition: number;
  readonly after?: string | undefined;
}

/** One page of keys. The order is that of partitions and stored names, which means nothing to a caller. */
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
  const keys: string[] = [];
  for (let at = 0; at < wanted.length; at += partitionsAtOnce) {
    const wave = wanted.slice(at, at + partitionsAtOnce);
    const pages = await mapLimited(wave, partitionsAtOnce, (partition) =>
      pageOf(parts, layout, options, {
        partition,
        after: partition === start.partition ? start.after : undefined,
      }),
    );
    for (const [index, page] of pages.entries()) {
      const partition = wave[index] ?? 0;
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
      if (page.next !== undefined)
        return ok({
          keys,
          cursor: writeCursor({ partition, after: page.next }),
        });
    }
  }
  return ok({ keys });
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
  const matching = prefix
    ? page.keys.filter(({ key }) => key.startsWith(prefix))
    : page.keys;
  const presence = await mapLimited(matching, partitionsAtOnce, (listed) =>
    isThere(parts, listed),
  );
  if (presence.includes(undefined)) return undefined;
  return {
    present: matching.filter((_, index) => presence[index]),
    next: page.next,
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
