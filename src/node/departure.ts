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
import { dropSpace } from "./cleanup.ts";
import type { Coordinator } from "./coordinator.ts";
import { mapLimited } from "./limited.ts";
import { listPartition } from "./listing.ts";
import type { Ring } from "./ring.ts";
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
  readonly random: Random;
  readonly log: Log;
  readonly self: Omit<Member, "id">;
  readonly operationTimeoutMs: number;
}

const retryMs = 250;

export function createDeparture(parts: DepartureParts): Departure {
  const { ring, store, log } = parts;

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
    await store.update(bucket, key, () => ({
      write: encodeRegister(register),
      result: true,
    }));
    return true;
  }

  async function foundOwn(departure: Layout, memberId: string): Promise<void> {
    const layout = ring.layout();
    const own = foundingLayout(
      randomId(parts.random),
      { ...parts.self, id: memberId },
      layout.settings,
      layout.epoch + 1,
    );
    await ring.change((state) => {
      if (state.departure !== departure) return undefined;
      const { departure: _, ...rest } = state;
      const { layout: left } = state.stay;
      return {
        ...rest,
        stay: {
          memberId,
          space: state.nextSpace,
          layout: own,
          origin: { ringId: left.ringId, epoch: left.epoch },
        },
        isLeaving: false,
        nextSpace: state.nextSpace + 1,
        cleanedEpoch: own.epoch,
        garbage: [...state.garbage, garbageOf(state.stay)],
      };
    });
    log.info("left the ring", { ringId: layout.ringId, epoch: layout.epoch });
  }

  return {
    async intend() {
      await ring.change((state) => ({ ...state, isLeaving: true }));
    },
    async stay() {
      await ring.change((state) => ({ ...state, isLeaving: false }));
    },
    async step() {
      const { departure, isLeaving, nextSpace, stay } = ring.state();
      if (!departure || !isLeaving || ring.isMember()) return undefined;
      const target = { space: nextSpace, memberId: randomId(parts.random) };
      // A try that a crash ended left half of the keys: it starts anew.
      const { partitionCount } = departure.settings;
      await dropSpace(store, { space: target.space, partitionCount });
      const mine = departure.table.flatMap((_, partition) =>
        primaryOf(departure, partition) === stay.memberId ? [partition] : [],
      );
      const kept = await mapLimited(mine, 16, (partition) =>
        keepPartition(departure, partition, target),
      );
      if (kept.includes(false)) return retryMs;
      await foundOwn(departure, target.memberId);
      return undefined;
    },
  };
}
