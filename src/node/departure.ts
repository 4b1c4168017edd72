/** Leaving: once the ring has let the node go, it takes along what it was primary for and founds a ring of its own. */

import { encodeRegister } from "../core/codec.ts";
import { isReservedKey } from "../core/key.ts";
import {
  isEventual,
  type Layout,
  type Member,
  partitionOfKey,
  primaryOf,
  quorumOf,
} from "../core/layout.ts";
import { foundingLayout } from "../core/layout-change.ts";
import { pageKeysMax, refreshConcurrencyMax } from "../core/limits.ts";
import { randomId } from "../core/random.ts";
import type { Log, Random, Store } from "../ports.ts";
import type { Coordinator } from "./coordinator.ts";
import { mapLimited } from "./limited.ts";
import { listPartition } from "./listing.ts";
import type { Ring } from "./ring.ts";
import type { Spread } from "./spread.ts";
import { garbageOf, partitionBucket } from "./state.ts";
import type { Voters } from "./voters.ts";

/** A node's way out of its ring, into one of its own that begins with some of the keys. */
export interface Departure {
  /** Stores that the node wants to go: what it was primary for is kept when the ring has let it go. */
  intend(): Promise<void>;
  /** Drops the intent: the ring kept the node. */
  stay(): Promise<void>;
  /** One bounded step of a departure that the ring has decided; gives milliseconds until the next try, absent when there is none. */
  step(): Promise<number | undefined>;
  /** How many keys this process has kept so far of a departure that is under way; 0 when none is. */
  keysKept(): number;
}

/** How a node that was let go still reads its keys, and where it stores them for its own ring. */
export interface DepartureParts {
  readonly ring: Ring;
  readonly store: Store;
  readonly voters: Voters;
  readonly coordinator: Coordinator;
  readonly spread: Spread;
  readonly random: Random;
  readonly log: Log;
  /** The node as a member, but for its id: it has another one in its own ring. */
  readonly self: Omit<Member, "id">;
  /** For the read of one key. */
  readonly operationTimeoutMs: number;
}

const retryMs = 250;
/** A page of each of so many partitions is one step. */
const partitionsAtOnce = 16;

interface Place {
  readonly partition: number;
  readonly after?: string;
}

/** How far the node is with taking along what it was primary for. In memory alone: a restart begins anew. */
interface Course {
  readonly departure: Layout;
  /** Where the node's own ring will be, and its id there. */
  readonly space: number;
  readonly memberId: string;
  readonly left: Place[];
  keysKept: number;
}

/** After a restart a departure begins anew in another space; what was kept until then is garbage. */
export function createDeparture(parts: DepartureParts): Departure {
  const { ring, store, log, spread } = parts;
  let course: Course | undefined;

  /** Keeps one page; gives where the partition goes on, absent at its end, or `failed`. */
  async function keepPage(
    course: Course,
    { partition, after }: Place,
  ): Promise<Place | undefined | "failed"> {
    const layout = ring.layout();
    const page = await listPartition(parts.voters, {
      layout,
      partition,
      quorum: quorumOf(layout, partition),
      after,
      limit: pageKeysMax,
    });
    if (!page) return "failed";
    const kept = await mapLimited(page.keys, refreshConcurrencyMax, ({ key }) =>
      keepKey(course, key),
    );
    if (kept.includes(false)) return "failed";
    course.keysKept += kept.length;
    return page.next === undefined
      ? undefined
      : { partition, after: page.next };
  }

  /** Keeps a page of some partitions. False when nothing could be kept. */
  async function keepSome(course: Course): Promise<boolean> {
    const tried = course.left.splice(0, partitionsAtOnce);
    const results = await mapLimited(tried, partitionsAtOnce, (place) =>
      keepPage(course, place),
    );
    const failed = tried.filter((_, index) => results[index] === "failed");
    const next = results.filter(
      (result) => result !== undefined && result !== "failed",
    );
    // What could not be kept comes behind the rest, so that it does not hold it up.
    course.left.unshift(...next);
    course.left.push(...failed);
    return failed.length < tried.length || tried.length === 0;
  }

  /** Read linearizably from the ring, for it serves the key now; its revision tells later whether it changed since. */
  async function keepKey(
    { departure, space, memberId }: Course,
    key: string,
  ): Promise<boolean> {
    // Tokens are the ring's: here nobody could revoke them any more.
    if (isReservedKey(key)) return true;
    const read = await parts.coordinator.read(key, parts.operationTimeoutMs);
    if (read.kind === "no-quorum") return false;
    if (read.kind === "absent") return true;
    const { entry } = read;
    const ballot = { epoch: departure.epoch, counter: 1, proposer: memberId };
    // A state of an eventual ring keeps the ballot that it was made for.
    const accepted = isEventual(departure)
      ? (entry.touched ?? entry.revision)
      : ballot;
    const register = { promised: ballot, accepted, entry };
    const bucket = partitionBucket(space, partitionOfKey(departure, key));
    const write = encodeRegister(register);
    return ring.gate.shared(async () => {
      // A node that has joined another ring meanwhile keeps nothing of this one.
      if (ring.state().departure !== departure) return false;
      return store.update(bucket, key, () => ({ write, result: true }));
    });
  }

  /** A space of its own for the new ring. Should this process end before the departure does, it is garbage. */
  async function reserveSpace(departure: Layout): Promise<number | undefined> {
    const { partitionCount } = departure.settings;
    let space: number | undefined;
    await ring.change((state) => {
      if (state.departure !== departure) return undefined;
      space = state.nextSpace;
      return {
        ...state,
        nextSpace: space + 1,
        garbage: [...state.garbage, { space, partitionCount }],
      };
    });
    return space;
  }

  async function begin(departure: Layout): Promise<Course | undefined> {
    const space = await reserveSpace(departure);
    if (space === undefined) return undefined;
    const left = departure.table.flatMap((_, partition) =>
      primaryOf(departure, partition) === ring.memberId()
        ? [{ partition }]
        : [],
    );
    const memberId = randomId(parts.random);
    return { departure, space, memberId, left, keysKept: 0 };
  }

  async function foundOwn({
    departure,
    space,
    memberId,
  }: Course): Promise<void> {
    const layout = ring.layout();
    const own = foundingLayout(
      randomId(parts.random),
      { ...parts.self, id: memberId },
      layout.settings,
      layout.epoch + 1,
    );
    const isFounded = await ring.change((state) => {
      if (state.departure !== departure) return undefined;
      const { departure: _, ...rest } = state;
      const { layout: left } = state.stay;
      const others = state.garbage.filter((other) => other.space !== space);
      return {
        ...rest,
        stay: {
          memberId,
          space,
          layout: own,
          origin: { ringId: left.ringId, epoch: left.epoch },
        },
        isLeaving: false,
        cleanedEpoch: own.epoch,
        garbage: [...others, garbageOf(state.stay)],
      };
    });
    if (isFounded)
      log.info("left the ring", {
        ringId: layout.ringId,
        epoch: layout.epoch,
      });
  }

  return {
    async intend() {
      await ring.change((state) => ({ ...state, isLeaving: true }));
    },
    keysKept: () => course?.keysKept ?? 0,
    async stay() {
      await ring.change((state) => ({ ...state, isLeaving: false }));
    },
    async step() {
      const { departure, isLeaving } = ring.state();
      if (!departure || !isLeaving || ring.isMember()) return undefined;
      const layout = ring.layout();
      // Until a majority of the ring's new system has stored that the node is gone, its data may still be needed.
      await spread.run();
      if (!spread.isStoredByMajority(layout.system)) return retryMs;
      if (course?.departure !== departure) course = await begin(departure);
      if (!course) return retryMs;
      if (!(await keepSome(course))) return retryMs;
      if (course.left.length > 0) return 0;
      await foundOwn(course);
      course = undefined;
      return undefined;
    },
  };
}
