/** Leaving: once the ring has let the node go, it takes along what it was primary for and founds a ring of its own. */

import { encodeRegister } from "../core/codec.ts";
import {
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

export interface Departure {
  /** Stores that the node wants to go: what it was primary for is kept when the ring has let it go. */
  intend(): Promise<void>;
  /** Drops the intent: the ring kept the node. */
  stay(): Promise<void>;
  /** Goes on with a departure that the ring has decided; gives milliseconds until the next try, absent when there is none. */
  step(): Promise<number | undefined>;
}

export interface DepartureParts {
  readonly ring: Ring;
  readonly store: Store;
  readonly voters: Voters;
  readonly coordinator: Coordinator;
  readonly spread: Spread;
  readonly random: Random;
  readonly log: Log;
  readonly self: Omit<Member, "id">;
  readonly operationTimeoutMs: number;
}

const retryMs = 250;

export function createDeparture(parts: DepartureParts): Departure {
  const { ring, store, log, spread } = parts;

  async function keepPartition(
    departure: Layout,
    partition: number,
    target: { readonly space: number; readonly memberId: string },
  ): Promise<boolean> {
    let after: string | undefined;
    do {
      const layout = ring.layout();
      const page = await listPartition(parts.voters, {
        layout,
        partition,
        quorum: quorumOf(layout, partition),
        after,
        limit: pageKeysMax,
      });
      if (!page) return false;
      const kept = await mapLimited(
        page.keys,
        refreshConcurrencyMax,
        ({ key }) => keepKey(departure, key, target),
      );
      if (kept.includes(false)) return false;
      after = page.next;
    } while (after !== undefined);
    return true;
  }

  /** Read linearizably from the ring, for it serves the key now; its revision tells later whether it changed since. */
  async function keepKey(
    departure: Layout,
    key: string,
    { space, memberId }: { readonly space: number; readonly memberId: string },
  ): Promise<boolean> {
    const read = await parts.coordinator.read(key, parts.operationTimeoutMs);
    if (read.kind === "no-quorum") return false;
    if (read.kind === "absent") return true;
    const ballot = { epoch: departure.epoch, counter: 1, proposer: memberId };
    const register = { promised: ballot, accepted: ballot, entry: read.entry };
    const bucket = partitionBucket(space, partitionOfKey(departure, key));
    const write = encodeRegister(register);
    return ring.gate.shared(async () => {
      // A node that has joined another ring meanwhile keeps nothing of this one.
      if (ring.state().departure !== departure) return false;
      return store.update(bucket, key, () => ({ write, result: true }));
    });
  }

  /** A space of its own for the new ring. Should this try end early, it is garbage: another try begins anew. */
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

  async function foundOwn(
    departure: Layout,
    { space, memberId }: { readonly space: number; readonly memberId: string },
  ): Promise<void> {
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
      const space = await reserveSpace(departure);
      if (space === undefined) return retryMs;
      const target = { space, memberId: randomId(parts.random) };
      const mine = departure.table.flatMap((_, partition) =>
        primaryOf(departure, partition) === ring.memberId() ? [partition] : [],
      );
      const kept = await mapLimited(mine, 16, (partition) =>
        keepPartition(departure, partition, target),
      );
      if (kept.includes(false)) return retryMs;
      await foundOwn(departure, target);
      return undefined;
    },
  };
}
