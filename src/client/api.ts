/** What a client offers, and with which options. */
import type { ChangeOptions } from "./change-request.ts";
import type { NodePolicy } from "./node-list.ts";
import type { ChangeReport, RingStatus } from "./status.ts";

/** Which nodes a client asks, as whom, and how long it tries; the defaults suit a ring without tokens. */
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

/** What ends an operation early, and who is told which way it went. */
export interface RequestOptions {
  /** Ends the operation with the signal's reason; a write may have happened nevertheless. */
  readonly signal?: AbortSignal;
  /** Called with the walk, the text of the header `ringwalk-walk`, before the operation ends. */
  readonly onWalk?: (walk: string) => void;
}

/** How fresh what is read has to be. */
export interface ReadOptions extends RequestOptions {
  /** `linearizable` unless given; `eventual` asks one replica alone. */
  readonly consistency?: "linearizable" | "eventual";
}

/** On which condition a write takes place, and what makes it safe to repeat. */
export interface WriteOptions extends RequestOptions {
  /** Only if the value has this revision (one of these; `*`: any), else `ConditionFailedError`. */
  readonly ifMatch?: string | readonly string[];
  /** Only if the value has not this revision (`*`: only if there is none), else `ConditionFailedError`. */
  readonly ifNoneMatch?: string | readonly string[];
  /** A write with this key takes effect once, however often it is sent; a random one unless given. */
  readonly idempotencyKey?: string;
  /**
   * Says that the write was sent before, and ended with an `OutcomeUnknownError`: its `bound`, beside its
   * `idempotencyKey`. It takes effect once then, whatever has happened to the key since; without it, as long as the key
   * remembers the last 32 operations.
   */
  readonly bound?: string;
}

/** What is kept beside a value; a value that is written without it loses what the one before had. */
export interface PutOptions extends WriteOptions {
  /** The value is gone after this time; it stays unless given. */
  readonly ttlSeconds?: number;
  /** Kept beside the value, at most 2,048 bytes of JSON; none unless given. */
  readonly metadata?: Metadata;
}

/** What JSON can say, under names of your own. */
export type Metadata = Readonly<Record<string, unknown>>;

/** By how much, within which bounds, and how long a new key lasts. */
export interface IncrementOptions extends WriteOptions {
  /** 1 unless given. */
  readonly by?: number;
  /** What the result must not fall below, or rise above; otherwise `out_of_bounds`, and nothing is changed. */
  readonly min?: number;
  readonly max?: number;
  /** The key is gone after this time, if it is created now; one that is there keeps its own. */
  readonly ttlSeconds?: number;
}

/** What an increment came to. */
export interface Counted extends Written {
  /** The number under the key, by this increment. */
  readonly value: number;
  /** The remaining time; absent when the key does not expire. */
  readonly ttlSeconds?: number;
}

/** How long the value stays from now on. */
export interface TouchOptions extends WriteOptions {
  /** The value is gone after this time, counted from now; `null`: it stays. */
  readonly ttlSeconds: number | null;
}

/** What bytes alone do not tell: how others should read them. */
export interface PutBytesOptions extends PutOptions {
  /** `application/octet-stream` unless given. */
  readonly contentType?: string;
}

/** A value as the ring keeps it, undecoded, and what is kept beside it. */
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

/** What a write made: its revision is the condition under which to write next. */
export interface Written {
  readonly revision: string;
}

/** Which keys to list; all of the ring's unless given. */
export interface KeysOptions {
  /** `node`: the keys that the asked node is primary for. `ring` unless given. */
  readonly scope?: "node" | "ring";
  /** What the keys begin with; any unless given. */
  readonly prefix?: string;
  readonly signal?: AbortSignal;
}

/** How a node goes: by itself, with its data, or as a dead one. */
export interface RemoveOptions extends ChangeOptions {
  /** The node is dead: another member is told. */
  readonly force?: boolean;
  /**
   * With `force`, also when a majority of some replicas is gone for good: the members that are left found a new ring,
   * and acknowledged writes may be lost (`partitionsInDoubt` in the report).
   */
  readonly acceptLoss?: boolean;
}

/**
 * Operations on bytes. Those that are issued in one turn travel in one request, and each ends on its own. Errors are
 * `RingwalkError`s.
 */
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
  /** The values of those keys that are there. Keys are read one by one: they are no picture of one moment. */
  getMany<T = unknown>(
    keys: Iterable<string>,
    options?: ManyReadOptions,
  ): Promise<Map<string, T>>;
  /** Stores every value; a `PartialFailureError` tells which were not. */
  putMany(
    entries: Iterable<readonly [key: string, value: unknown]>,
    options?: ManyPutOptions,
  ): Promise<void>;
  /** Deletes every key; a `PartialFailureError` tells which were not. */
  deleteMany(keys: Iterable<string>, options?: ManyOptions): Promise<void>;
  /**
   * Changes a value by a function, without losing what others write meanwhile: it is called again with the new value
   * then. What it returns is stored; with `undefined` the key is deleted. The remaining time to live and the metadata
   * stay unless given. `ConditionFailedError` when others came first each time.
   */
  update<T = unknown>(
    key: string,
    change: (value: T | undefined) => T | undefined | Promise<T | undefined>,
    options?: UpdateOptions,
  ): Promise<Written | undefined>;
  /** Keys with their values as they are asked for; see `keys`. */
  entries<T = unknown>(
    options?: EntriesOptions,
  ): AsyncIterable<readonly [key: string, value: T]>;
  /** Waits until nobody else holds the key's lock, and takes it. */
  lock(key: string, options: LockOptions): Promise<Lock>;
  /**
   * The value now, and each later one that stays visible, in order, without an end: `undefined` while the key is
   * missing. Goes on at another node when one breaks off.
   */
  watch<T = unknown>(
    key: string,
    options?: WatchOptions,
  ): AsyncIterable<StoredValue<T> | undefined>;
  /** Adds a node: the first makes the ring, each further one is told to join it. */
  join(node: string, options?: ChangeOptions): Promise<void>;
  /** Takes a node out of the ring, its data moved to the others; it is asked no more. */
  remove(node: string, options?: RemoveOptions): Promise<ChangeReport>;
}

/** A value with its revision, and what is kept beside it. */
export interface StoredValue<T> extends Omit<StoredBytes, "bytes"> {
  readonly value: T;
}

/** What operations on many keys take: the signal ends those that have not ended. */
export interface ManyOptions {
  readonly signal?: AbortSignal;
}

/** How fresh each of the values has to be. */
export interface ManyReadOptions extends ManyOptions {
  readonly consistency?: ReadOptions["consistency"];
}

/** What is kept beside each of the values; see `PutOptions`. */
export interface ManyPutOptions
  extends ManyOptions,
    Pick<PutOptions, "ttlSeconds" | "metadata"> {}

/** Which keys, and how fresh their values have to be. */
export interface EntriesOptions extends KeysOptions {
  readonly consistency?: ReadOptions["consistency"];
}

/** How often to try, and what is kept beside the new value. */
export interface UpdateOptions extends ManyPutOptions {
  /** How often it is tried; 16 times unless given. */
  readonly triesMax?: number;
}

/** The signal ends the watch, which throws its reason. */
export interface WatchOptions {
  readonly signal?: AbortSignal;
}

/** How long a holder may be silent, and how long to wait for one. */
export interface LockOptions {
  /** How long the lock is held without being renewed: whoever holds it and dies keeps others out for so long. */
  readonly ttlSeconds: number;
  /** Ends the waiting with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** A lock that is held. `await using` releases it. */
export interface Lock extends AsyncDisposable {
  /**
   * The fencing token: each later holder has a higher one (`compareRevisions`). What the lock guards should refuse
   * writes with a lower one than it has seen, for a holder may be held up for longer than its time.
   */
  readonly revision: string;
  /** Aborts with a `LockLostError` when the lock's time is over, or it turns out to be lost. */
  readonly signal: AbortSignal;
  /** Holds it for `ttlSeconds` from now on, as long as before unless given. `LockLostError` when it is too late. */
  renew(options?: { readonly ttlSeconds?: number }): Promise<void>;
  /** Lets others have it; no error when it is lost already. */
  release(): Promise<void>;
}
