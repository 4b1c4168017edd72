/** Takes over the keys of the ring that this node had before it joined: each by one conditional change, once. */
import { formatBallot } from "../core/ballot.ts";
import { isExpired } from "../core/entry.ts";
import { isReservedKey } from "../core/key.ts";
import { partitionOfKey, sinceOf } from "../core/layout.ts";
import { pageBytesMax, refreshConcurrencyMax } from "../core/limits.ts";
import { takenIn } from "../core/register.ts";
import type { Clock, Log, ScannedRecord, Store, Stored } from "../ports.ts";
import { mapLimited } from "./limited.ts";
import type { Operations } from "./operations.ts";
import { registerOf } from "./place.ts";
import type { Ring } from "./ring.ts";
import { garbageOf, partitionBucket, type Stay } from "./state.ts";

/** Brings a node's own keys into the ring that it joined, while it serves there already. */
export interface Import {
  /** Imports one page; gives milliseconds until the next step, absent when there is nothing to import. */
  step(): Promise<number | undefined>;
  /** Imports this one key first, so that a client of this node never misses a key that was here. False: it could not. */
  ensure(key: string): Promise<boolean>;
  /** Whether there is a former ring, even if the import has not begun. */
  isRunning(): boolean;
  /** Records that this process has dealt with in its last import, those without anything to bring included. */
  keysImported(): number;
  /** Records that failed their checksum in this process's last import: nobody else had them. The log names each. */
  recordsLost(): number;
}

/** The former ring's records, and operations of the present one. */
export interface ImportParts {
  readonly ring: Ring;
  readonly store: Store;
  /** Asked for when one is needed: they are made later than this. */
  readonly operations: () => Operations;
  readonly clock: Clock;
  readonly log: Log;
}

const retryMs = 250;
/** A node that founded a ring only to join another has a thousand empty ones. */
const partitionsAStep = 256;
/** Keys of a step: all of them at once, so that it takes no longer than one operation may. */
const stepKeys = refreshConcurrencyMax;
/** Pages with keys that could not be imported, before no further one is begun. */
const pagesLeftMax = 64;

/** A page of the former ring's records. */
interface Place {
  readonly partition: number;
  readonly after?: string | undefined;
}

interface Page extends Place {
  readonly records: readonly ScannedRecord[];
}

/** How far the import of one ring is. In memory alone: what a restart imports again changes nothing. */
interface Course {
  readonly previous: Stay;
  /** Where the records begin that were not tried yet. */
  fresh: Place;
  /** What could not be imported has its next turn when the others had theirs. */
  readonly left: (Place & { readonly names: ReadonlySet<string> })[];
  keysImported: number;
  /** The names of records that failed their checksum. */
  readonly lost: Set<string>;
}

/** Goes by the stored state. A restart begins anew, which changes nothing: the import of a key keeps its id. */
export function createImport(parts: ImportParts): Import {
  const { ring, store, log } = parts;
  let course: Course | undefined;

  function courseOf(previous: Stay): Course {
    if (course?.previous !== previous)
      course = {
        previous,
        fresh: { partition: 0 },
        left: [],
        keysImported: 0,
        lost: new Set(),
      };
    return course;
  }

  function source(): Stay | undefined {
    const { previous } = ring.state();
    return ring.isMember() ? previous : undefined;
  }

  /** It was in no other store: all that is left to do is to tell. */
  function lose(previous: Stay, name: string, key?: string): void {
    const { lost } = courseOf(previous);
    if (lost.has(name)) return;
    lost.add(name);
    log.error("a record of this node's former ring is lost: it is unreadable", {
      ...(key === undefined ? { storedName: name } : { key }),
    });
  }

  async function importStored(
    previous: Stay,
    key: string,
    stored: Stored,
  ): Promise<boolean> {
    // Who was let into the former ring is not let into this one by it.
    if (isReservedKey(key)) return true;
    const since = sinceOf(
      previous.layout,
      partitionOfKey(previous.layout, key),
      previous.memberId,
    );
    const register = registerOf(stored, since ?? 0);
    if (!register) lose(previous, key, key);
    const entry = register?.entry;
    if (!entry || entry.modifiedAt === 0) return true;
    if (isExpired(entry, parts.clock.now())) return true;
    const { origin, layout } = previous;
    // What this node took along when it left the ring and did not change is the ring's own past.
    // Revisions of eventual rings have no epoch; there the register tells when this node took it.
    const changedAt = entry.touched ?? entry.revision;
    const changedIn = changedAt.epoch || takenIn(register);
    const isUnchanged =
      origin?.ringId === ring.layout().ringId && changedIn <= origin.epoch;
    if (isUnchanged) return true;
    const result = await parts.operations().execute(key, {
      kind: "import",
      id: `${layout.ringId}:${formatBallot(changedAt)}`,
      entry: {
        value: entry.value,
        createdAt: entry.createdAt,
        modifiedAt: entry.modifiedAt,
        ...(entry.contentType !== undefined && {
          contentType: entry.contentType,
        }),
        ...(entry.metadata !== undefined && { metadata: entry.metadata }),
        ...(entry.expiresAt !== undefined && { expiresAt: entry.expiresAt }),
      },
    });
    return result.kind === "committed";
  }

  async function scan(
    { space }: Stay,
    { partition, after }: Place,
    limit: number,
  ): Promise<Page & { readonly next: Place }> {
    const bucket = partitionBucket(space, partition);
    const page = await store.scan(bucket, {
      ...(after !== undefined && { after }),
      limit,
      bytesMax: pageBytesMax,
    });
    const next =
      page.next === undefined
        ? { partition: partition + 1 }
        : { partition, after: page.next };
    return { partition, after, records: page.records, next };
  }

  /**
   * The next pages with records, as many as make a step: a partition often has but a few keys, and each step waits for
   * the slowest of them. Partitions without any count too, so that a step stays short.
   */
  async function freshPages(course: Course): Promise<readonly Page[]> {
    const { previous } = course;
    const pages: Page[] = [];
    let keysLeft = stepKeys;
    for (let scanned = 0; scanned < partitionsAStep; scanned++) {
      if (isRead(course) || keysLeft === 0) break;
      const page = await scan(previous, course.fresh, keysLeft);
      course.fresh = page.next;
      keysLeft -= page.records.length;
      if (page.records.length > 0) pages.push(page);
    }
    return pages;
  }

  async function leftPages({
    previous,
    left,
  }: Course): Promise<readonly Page[]> {
    const [first] = left;
    if (!first) return [];
    const page = await scan(previous, first, stepKeys);
    left.shift();
    const isLeft = ({ name }: ScannedRecord) => first.names.has(name);
    return [{ ...page, records: page.records.filter(isLeft) }];
  }

  /** Gives the names of those that could not be imported now. */
  async function importPage(
    course: Course,
    { records }: Page,
  ): Promise<readonly string[]> {
    const { previous } = course;
    const done = await mapLimited(
      records,
      stepKeys,
      async ({ name, key, stored }) => {
        if (key !== undefined) return importStored(previous, key, stored);
        lose(previous, name);
        return true;
      },
    );
    const failed = records.filter((_, index) => !done[index]);
    course.keysImported += records.length - failed.length;
    return failed.map(({ name }) => name);
  }

  /** Keeps for later what could not be imported. False when that is all of the page. */
  async function importOrKeep(course: Course, page: Page): Promise<boolean> {
    const { partition, after, records } = page;
    const failed = await importPage(course, page);
    if (failed.length > 0)
      course.left.push({ partition, after, names: new Set(failed) });
    return failed.length < records.length;
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
    keysImported: () => course?.keysImported ?? 0,
    recordsLost: () => course?.lost.size ?? 0,
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
      const course = courseOf(previous);
      const { left } = course;
      if (isRead(course) && left.length === 0) {
        await finish(previous);
        return undefined;
      }
      const isFresh = !isRead(course) && left.length < pagesLeftMax;
      const pages = await (isFresh ? freshPages(course) : leftPages(course));
      const hasMoved = await Promise.all(
        pages.map((page) => importOrKeep(course, page)),
      );
      return pages.length > 0 && !hasMoved.includes(true) ? retryMs : 0;
    },
  };
}

function isRead({ fresh, previous }: Course): boolean {
  return fresh.partition >= previous.layout.table.length;
}
