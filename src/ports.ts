/**
 * What a node needs from the world: time, randomness, storage, network, log.
 * Runtimes pass real ones, the simulator virtual ones; nothing in `core/` or
 * `node/` reaches the world in any other way.
 */
import type { StoreGuarantee } from "./core/guarantee.ts";

/** Ends a timer that has not fired yet; afterwards it does nothing. */
export type CancelTimer = () => void;

/** A node's only source of time; the simulator's runs at the pace of its events. */
export interface Clock {
  /** Wall-clock time in milliseconds since 1970 (UTC). It may stand still, jump, or run backwards. */
  now(): number;
  /** Calls back once, `delayMs` from now by a clock that does not jump. */
  timer(delayMs: number, callback: () => void): CancelTimer;
}

/** A node's only source of chance; the simulator's repeats what it gave for a seed. */
export interface Random {
  /** `count` random bytes; in production from a cryptographic source. */
  bytes(count: number): Uint8Array;
  /** A number in [0, 1), for jitter only. */
  fraction(): number;
}

/** How a call to a peer ended: its answer's bytes, or the reason that there is none. */
export type TransportResult =
  | { readonly kind: "answer"; readonly body: Uint8Array }
  /** The peer certainly executed nothing: it was not reached, or it refused the request as a whole. */
  | {
      readonly kind: "not-sent";
      readonly reason: string;
      /** The code of the peer's refusal (core/errors.ts); absent when it was not reached. */
      readonly code?: string;
    }
  /** The request may have been executed: time-out, connection lost, or an answer that is not ringwalk's. */
  | { readonly kind: "unknown"; readonly reason: string };

/** The way to peers. That it tells what was certainly not done from what may have been is what retries rest on. */
export interface Transport {
  /** Sends one request body to the peer at `url` and waits at most `timeoutMs` for the whole answer. Never throws. */
  call(
    url: string,
    body: Uint8Array,
    timeoutMs: number,
  ): Promise<TransportResult>;
  /**
   * Asks the node at `url` who it is. An answer's body is its encoded greeting, and does not decode as one when
   * something else than a node answered. Never throws.
   */
  hello(url: string, timeoutMs: number): Promise<TransportResult>;
}

export type { StoreGuarantee };

/** What a store holds under a key. A record that fails its checksum is `unreadable`, never absent and never a value. */
export type Stored =
  | { readonly kind: "absent" }
  | { readonly kind: "record"; readonly bytes: Uint8Array }
  | { readonly kind: "unreadable"; readonly reason: string };

/** What an update writes: `undefined` leaves the record, `null` deletes it, bytes replace it. */
export type StoreWrite = Uint8Array | null | undefined;

/** A record as a scan meets it; an unreadable one is among them, so that it can be rebuilt. */
export interface ScannedRecord {
  /** The stored name: injective over keys, ordered the same on every store. */
  readonly name: string;
  /** Absent when the record is unreadable and its name does not tell the key. */
  readonly key?: string;
  readonly stored: Stored;
}

/** A part of a bucket. Pages are no picture of one moment: what comes or goes between two may be in neither. */
export interface ScanPage {
  readonly records: readonly ScannedRecord[];
  /** Pass as `after` to go on; absent when the bucket ends here. */
  readonly next?: string;
}

/**
 * Durable records in named buckets (a partition, or a node's system records).
 * A bucket's name consists of `[a-z0-9]` segments joined by `/`.
 * A promise that rejects is an operating error of the disk: nothing was acknowledged.
 */
export interface Store {
  readonly guarantee: StoreGuarantee;
  /** What it promises of the records that are no user's data, if that is something else: see `splitStore`. */
  readonly systemGuarantee?: StoreGuarantee;
  /** The stored name of a key, as `scan` has it. Throws a `TypeError` on what is not a key. */
  nameOf(key: string): string;
  read(bucket: string, key: string): Promise<Stored>;
  /**
   * Reads a record, lets `step` decide synchronously, and writes what it says, all in one critical section for that
   * key. Resolves with `step`'s result once the write is as durable as the store's guarantee. The store may keep what
   * it is given, and give it to others: neither side changes bytes that have passed here.
   */
  update<T>(
    bucket: string,
    key: string,
    step: (stored: Stored) => {
      readonly write?: StoreWrite;
      readonly result: T;
    },
  ): Promise<T>;
  /**
   * Records of one bucket in the order of their stored names (code units), from behind `after`: at most `limit`
   * records, and no further record once `bytesMax` bytes were collected. Always at least one record if there is one.
   */
  scan(
    bucket: string,
    options: {
      readonly after?: string;
      readonly limit: number;
      readonly bytesMax: number;
    },
  ): Promise<ScanPage>;
  /** Deletes every record of a bucket. */
  drop(bucket: string): Promise<void>;
  /** Waits for writes under way and lets go of the files. */
  close(): Promise<void>;
}

/** What a record tells beside its message, by name; it ends up as JSON or logfmt. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * Where a node tells its operator things. A message is a constant text, to be searched for; what varies is in the
 * fields.
 */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}
