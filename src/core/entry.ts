/** A key's entry: its value or tombstone, and what is remembered to tell a repeated operation from a new one. */
import { type Ballot, ballotZero } from "./ballot.ts";
import { memoryFrom } from "./memory.ts";

/** What replicas accept for a key: a change makes a new one, and puts it in the place of the old one as a whole. */
export interface Entry {
  /** `null` is a tombstone: the key is deleted, or was never there when a change that writes nothing was accepted. */
  readonly value: Uint8Array | null;
  readonly contentType?: string;
  /** A JSON object as text (see metadata.ts); absent when the value came without. */
  readonly metadata?: string;
  /** The ballot at which the value last changed; identity changes (copy, repair) and touches keep it. It is the ETag. */
  readonly revision: Ballot;
  /** When the key, or its tombstone, came into being (ms since 1970). */
  readonly createdAt: number;
  /**
   * When the value or its time to live last changed, never running backwards for a key; 0 in the tombstone of a key that
   * never had a value.
   */
  readonly modifiedAt: number;
  /** From here on the key counts as absent (ms since 1970); absent means never. */
  readonly expiresAt?: number;
  /** The ballot at which the time to live was last set by itself; absent when it is as it came with the value. */
  readonly touched?: Ballot;
  /** The operations that were decided on the key, as `memory.ts` encodes them; only who changes the key reads it. */
  readonly memory: Uint8Array;
}

/** Whether a reader sees a value: neither a tombstone nor expired at `now`. */
export function isPresent(entry: Entry | undefined, now: number): boolean {
  return entry !== undefined && entry.value !== null && !isExpired(entry, now);
}

/** Whether the entry holds a value whose time is over at `now`. */
export function isExpired(entry: Entry, now: number): boolean {
  return (
    entry.value !== null &&
    entry.expiresAt !== undefined &&
    entry.expiresAt <= now
  );
}

/** The accepted "nothing": what an identity change of an absent key stores. `floor` bounds the ids it cannot know of. */
export function nothingEntry(floor: Ballot, now: number): Entry {
  return {
    value: null,
    revision: ballotZero,
    createdAt: now,
    modifiedAt: 0,
    memory: memoryFrom(floor),
  };
}

/** The entry with bytes of its own: those of a decoded one are views that keep a whole message alive. */
export function ownedEntry(entry: Entry): Entry {
  const { value, memory } = entry;
  return {
    ...entry,
    value: value && ownedBytes(value),
    memory: ownedBytes(memory),
  };
}

function ownedBytes(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
}
