/** Takes over the keys of the ring that this node had before it joined: each by one conditional change, once. */
import { formatBallot } from "../core/ballot.ts";
import { isExpired } from "../core/entry.ts";
import { partitionOfKey, sinceOf } from "../core/layout.ts";
import {
  pageBytesMax,
  pageKeysMax,
  refreshConcurrencyMax,
} from "../core/limits.ts";
import type { Clock, ScanPage, Store, Stored } from "../ports.ts";
import { mapLimited } from "./limited.ts";
import type { Operations } from "./operations.ts";
import { registerOf } from "./place.ts";
import type { Ring } from "./ring.ts";
import { garbageOf, partitionBucket, type Stay } from "./state.ts";

export interface Import {
  /** Imports one page; gives milliseconds until the next step, absent when there is nothing to import. */
  step(): Promise<number | undefined>;
  /** Imports this one key first, so that a client of this node never misses a key that was here. False: it could not. */
  ensure(key: string): Promise<boolean>;
  isRunning(): boolean;
  keysImported(): number;
}

export interface ImportParts {
  readonly ring: Ring;
  readonly store: Store;
  readonly operations: () => Operations;
  readonly clock: Clock;
}

const retryMs = 250;
/** A node that founded a ring only to join another has a thousand of them. */
const emptyPartitionsAStep = 256;

export function createImport(parts: ImportParts): Import {
  const { ring, store } = parts;
  let partition = 0;
  let after: string | undefined;
  let forStay: Stay | undefined;
  let keysImported = 0;

  function source(): Stay | undefined {
    const { previous } = ring.state();
    return ring.isMember() ? previous : undefined;
  }

  async function importStored(
    previous: Stay,
    key: string,
    stored: Stored,
  ): Promise<boolean> {
    const since = sinceOf(
      previous.layout,
      partitionOfKey(previous.layout, key),
      previous.memberId,
    );
    const entry = registerOf(stored, since ?? 0)?.entry;
    if (!entry || entry.modifiedAt === 0) return true;
    if (isExpired(entry, parts.clock.now())) return true;
    const { origin, layout } = previous;
    // What this node took along when it left the ring and did not change is the ring's own past.
    const isUnchanged =
      origin?.ringId === ring.layout().ringId &&
      entry.revision.epoch <= origin.epoch;
    if (isUnchanged) return true;
    const result = await parts.operations().execute(key, {
      kind: "import",
      id: `${layout.ringId}:${formatBallot(entry.revision)}`,
      entry: {
        value: entry.value,
        createdAt: entry.createdAt,
        modifiedAt: entry.modifiedAt,
        ...(entry.contentType !== undefined && {
          contentType: entry.contentType,
        }),
        ...(entry.expiresAt !== undefined && { expiresAt: entry.expiresAt }),
      },
    });
    return result.kind === "committed";
  }

  /** The next page with records, past a bounded number of empty partitions; absent when there was none among them. */
  async function nextPage(previous: Stay): Promise<ScanPage | undefined> {
    for (let scanned = 0; scanned < emptyPartitionsAStep; scanned++) {
      if (partition >= previous.layout.table.length) return undefined;
      const page = await store.scan(
        partitionBucket(previous.space, partition),
        {
          ...(after !== undefined && { after }),
          limit: pageKeysMax,
          bytesMax: pageBytesMax,
        },
      );
      if (page.records.length > 0) return page;
      after = undefined;
      partition++;
    }
    return undefined;
  }

  async function finish(previous: Stay): Promise<void> {
    await ring.change((state) => {
      if (state.previous !== previous) return undefined;
      const { previous: _, ...rest } = state;
      return {
        ...rest,
        garbage: [...state.garbage, garbageOf(previous)],
      };
    });
  }

  return {
    isRunning: () => ring.state().previous !== undefined,
    keysImported: () => keysImported,
    async ensure(key) {
      const previous = source();
      if (!previous) return true;
      const bucket = partitionBucket(
        previous.space,
        partitionOfKey(previous.layout, key),
      );
      const stored = await store.read(bucket, key);
      return stored.kind === "absent" || importStored(previous, key, stored);
    },
    async step() {
      const previous = source();
      if (!previous) return undefined;
      // Until the node is a member for good, an undo may give it its own ring back: only what is asked for moves early.
      if (ring.layout().phase !== "stable") return retryMs;
      if (forStay !== previous) {
        forStay = previous;
        partition = 0;
        after = undefined;
        keysImported = 0;
      }
      const page = await nextPage(previous);
      if (!page) {
        if (partition < previous.layout.table.length) return 0;
        await finish(previous);
        return undefined;
      }
      const done = await mapLimited(
        page.records,
        refreshConcurrencyMax,
        ({ key, stored }) =>
          key === undefined
            ? Promise.resolve(true)
            : importStored(previous, key, stored),
      );
      if (done.includes(false)) return retryMs;
      keysImported += page.records.length;
      after = page.next;
      if (after === undefined) partition++;
      return 0;
    },
  };
}
