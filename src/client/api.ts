/** What a client offers, and with which options. */
import type { ChangeOptions } from "./change-request.ts";
import type { NodePolicy } from "./node-list.ts";
import type { ChangeReport, RingStatus } from "./status.ts";

export interface ClientOptions {
  /** Urls of nodes; none unless given: `join` adds them. */
  readonly nodes?: readonly string[];
  /** `round-robin` unless given. */
  readonly policy?: NodePolicy;
  /**
   * A client token of the ring, its admin token or its secret: sent to these nodes, and to nobody else. Absent: the ring
   * asks for none.
   */
  readonly token?: string;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** For one request to one node; 10 seconds unless given, longer than a node tries. */
  readonly attemptTimeoutMs?: number;
  /** For a whole operation; 30 seconds unless given. */
  readonly timeoutMs?: number;
  /**
   * For work that takes long and should not end because the ring is busy: while nodes answer that they cannot serve
   * now, an operation uses all of `timeoutMs`. Off unless given.
   */
  readonly patient?: boolean;
  /** The runtime's own unless given. */
  readonly fetch?: typeof globalThis.fetch;
}

export interface RequestOptions {
  /** Ends the operation with the signal's reason; a write may have happened nevertheless. */
  readonly signal?: AbortSignal;
  /** Called with the walk, the text of the header `ringwalk-walk`, before the operation ends. */
  readonly onWalk?: (walk: string) => void;
}

export interface ReadOptions extends RequestOptions {
  /** `linearizable` unless given; `eventual` asks one replica alone. */
  readonly consistency?: "linearizable" | "eventual";
}

export interface WriteOptions extends RequestOptions {
  /** Only if the value has this revision (one of these; `*`: any), else `ConditionFailedError`. */
  readonly ifMatch?: string | readonly string[];
  /** Only if the value has not this revision (`*`: only if there is none), else `ConditionFailedError`. */
  readonly ifNoneMatch?: string | readonly string[];
  /** A write with this key takes effect once, however often it is sent; a random one unless given. */
  readonly idempotencyKey?: string;
}

export interface PutOptions extends WriteOptions {
  /** The value is gone after this time; it stays unless given. */
  readonly ttlSeconds?: number;
  /** Kept beside the value, at most 2,048 bytes of JSON; none unless given. */
  readonly metadata?: Metadata;
}

/** What JSON can say, under names of your own. */
export type Metadata = Readonly<Record<string, unknown>>;

export interface IncrementOptions extends WriteOptions {
  /** 1 unless given. */
  readonly by?: number;
  /** What the result must not fall below, or rise above; otherwise `out_of_bounds`, and nothing is changed. */
  readonly min?: number;
  readonly max?: number;
  /** The key is gone after this time, if it is created now; one that is there keeps its own. */
  readonly ttlSeconds?: number;
}

export interface Counted extends Written {
  /** The number under the key, by this increment. */
  readonly value: number;
  /** The remaining time; absent when the key does not expire. */
  readonly ttlSeconds?: number;
}

export interface TouchOptions extends WriteOptions {
  /** The value is gone after this time, counted from now; `null`: it stays. */
  readonly ttlSeconds: number | null;
}

export interface PutBytesOptions extends PutOptions {
  readonly contentType?: string;
}

export interface StoredBytes {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
  /** Changes each time the value changes; for `ifMatch`. */
  readonly revision: string;
  /** The remaining time; absent when the value does not expire. */
  readonly ttlSeconds?: number;
  /** Absent when the value was put without. */
  readonly metadata?: Metadata;
}

/** What is told of a value without reading it. */
export interface StoredHead extends Omit<StoredBytes, "bytes"> {
  readonly byteCount: number;
  /** When the value last changed, in milliseconds since 1970. */
  readonly modifiedAt: number;
}

export interface Written {
  readonly revision: string;
}

export interface KeysOptions {
  /** `node`: the keys that the asked node is primary for. `ring` unless given. */
  readonly scope?: "node" | "ring";
  readonly prefix?: string;
  readonly signal?: AbortSignal;
}

export interface RemoveOptions extends ChangeOptions {
  /** The node is dead: another member is told. */
  readonly force?: boolean;
  /**
   * With `force`, also when a majority of some replicas is gone for good: the members that are left found a new ring,
   * and acknowledged writes may be lost (`partitionsInDoubt` in the report).
   */
  readonly acceptLoss?: boolean;
}

/** Operations on bytes and members. Errors are `RingwalkError`s. */
export interface ByteClient {
  /** The value's bytes; `undefined` when the key is missing. */
  getBytes(
    key: string,
    options?: ReadOptions,
  ): Promise<StoredBytes | undefined>;
  /** What `getBytes` would tell beside the bytes, and their number; `undefined` when the key is missing. */
  head(key: string, options?: ReadOptions): Promise<StoredHead | undefined>;
  /** The bytes must stay as they are until the operation ends. */
  putBytes(
    key: string,
    bytes: Uint8Array,
    options?: PutBytesOptions,
  ): Promise<Written>;
  /** Deleting a missing key is no error. */
  delete(key: string, options?: WriteOptions): Promise<void>;
  /**
   * Adds to the number that is the value, in one step on the server; a missing key counts as 0. `not_a_number` when it is
   * something else.
   */
  increment(key: string, options?: IncrementOptions): Promise<Counted>;
  /** Sets the time to live; the value keeps its revision. `no_such_key` when there is none. */
  touch(key: string, options: TouchOptions): Promise<void>;
  has(key: string, options?: ReadOptions): Promise<boolean>;
  /** Keys page by page as they are asked for. Those that exist throughout come once each. */
  keys(options?: KeysOptions): AsyncIterable<string>;
  /** Names of the ring's members. */
  peers(options?: RequestOptions): Promise<readonly string[]>;
  status(options?: RequestOptions): Promise<RingStatus>;
  /** Adds a node: the first makes the ring, each further one is told to join it. */
  join(node: string, options?: ChangeOptions): Promise<void>;
  /** Takes a node out of the ring, its data moved to the others; it is asked no more. */
  remove(node: string, options?: RemoveOptions): Promise<ChangeReport>;
  /** Urls of the nodes that operations go to. */
  nodes(): readonly string[];
}

/** The operations of `ByteClient`, and values of every kind that a structured clone takes. */
export interface Client extends ByteClient {
  /** Stores a value; a `ValueError` says what in it cannot be stored. */
  set(key: string, value: unknown, options?: PutOptions): Promise<Written>;
  /** The value, decoded by its content type; `undefined` when the key is missing. `T` is what the caller expects. */
  get<T = unknown>(key: string, options?: ReadOptions): Promise<T | undefined>;
  /** The value with its revision, for conditional writes; `undefined` when the key is missing. */
  getEntry<T = unknown>(
    key: string,
    options?: ReadOptions,
  ): Promise<StoredValue<T> | undefined>;
}

export interface StoredValue<T> extends Omit<StoredBytes, "bytes"> {
  readonly value: T;
}
