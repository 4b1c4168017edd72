/** Each partition's durable floor: ballots at or below it count as promised for every key, absent ones included. */
import * as v from "valibot";
import { type Ballot, ballotZero, maxBallot } from "../core/ballot.ts";
import { ballotSchema, pack, parse, type SchemaOf } from "../core/codec.ts";
import { counterMetMax } from "../core/limits.ts";
import type { Store } from "../ports.ts";
import { floorBucket } from "./state.ts";

/** What a replica remembers of a partition when the records that it was in are gone. */
export interface Floor {
  readonly ballot: Ballot;
  /** The newest modification time among the tombstones collected here (ms since 1970); 0 when there was none. */
  readonly collectedAt: number;
}

/** The floors of one store, by space and partition; each has to be loaded before it counts. */
export interface Floors {
  /** The floor, once `load` has been awaited; absent when it is unreadable: then the replica abstains. */
  get(space: number, partition: number): Floor | undefined;
  /** Absent when it was loaded before: then there is nothing to wait for. */
  load(space: number, partition: number): Promise<void> | undefined;
  /** Raises the floor durably; it never falls. One that was not loaded, or is unreadable, stays as it is. */
  raise(space: number, partition: number, floor: Floor): Promise<void>;
}

const floorSchema = v.object({
  version: v.literal(1),
  // A floor stands in replies, of which nobody takes one with a counter beyond this.
  ballot: v.pipe(
    ballotSchema,
    v.check(({ counter }) => counter <= counterMetMax),
  ),
  collectedAt: v.pipe(v.number(), v.finite()),
}) satisfies SchemaOf<Floor>;

const floorZero: Floor = { ballot: ballotZero, collectedAt: 0 };

/** What was read stays in memory: a space's number is never used again, and nobody else writes these records. */
export function createFloors(store: Store): Floors {
  const known = new Map<string, Floor | "unreadable">();
  const idOf = (space: number, partition: number) => `${space}/${partition}`;

  async function read(space: number, partition: number): Promise<void> {
    const stored = await store.read(floorBucket(space), String(partition));
    const id = idOf(space, partition);
    if (known.has(id)) return;
    if (stored.kind === "absent") known.set(id, floorZero);
    else if (stored.kind === "unreadable") known.set(id, "unreadable");
    else known.set(id, parse(floorSchema, stored.bytes) ?? "unreadable");
  }

  return {
    get(space, partition) {
      const floor = known.get(idOf(space, partition));
      return floor === "unreadable" ? undefined : floor;
    },
    load(space, partition) {
      return known.has(idOf(space, partition))
        ? undefined
        : read(space, partition);
    },
    async raise(space, partition, { ballot, collectedAt }) {
      const id = idOf(space, partition);
      const key = String(partition);
      await store.update(floorBucket(space), key, () => {
        const old = known.get(id);
        if (old === undefined || old === "unreadable") return { result: false };
        const floor: Floor = {
          ballot: maxBallot(old.ballot, ballot),
          collectedAt: Math.max(old.collectedAt, collectedAt),
        };
        // Taken into account before it is durable: refusing more than one must is safe.
        known.set(id, floor);
        return { write: pack({ version: 1, ...floor }), result: true };
      });
    },
  };
}
