/** What the Workers platform gives a node, as far as ringwalk uses it; written down here, so that no build needs its types. */
import type { ObjectSqlStorage } from "../store/durable-object-driver.ts";

/** https://developers.cloudflare.com/durable-objects/api/sqlite-storage-api/ */
export interface ObjectStorage extends ObjectSqlStorage {
  /** Small values beside the tables, written in the same transaction as what SQL writes in the same turn. */
  readonly kv: {
    get(key: string): unknown;
    put(key: string, value: unknown): void;
    delete(key: string): boolean;
  };
  /** Ms since 1970; replaces the alarm that was set. */
  setAlarm(at: number): Promise<void>;
  /** Resolves when all that was written before is durable; rejects when it cannot be. */
  sync(): Promise<void>;
}

/** What the platform makes a Durable Object with; its storage is of this object alone, and outlives it. */
export interface ObjectState {
  readonly storage: ObjectStorage;
}

/** The way to one Durable Object, which the platform starts when it is called. */
export interface ObjectStub {
  fetch(request: Request): Promise<Response>;
}

/** https://developers.cloudflare.com/durable-objects/api/namespace/ */
interface ObjectNamespace {
  getByName(
    name: string,
    options?: { readonly locationHint?: string },
  ): ObjectStub;
}

/** https://developers.cloudflare.com/kv/api/ */
export interface KvNamespace {
  get(key: string): Promise<string | null>;
  put(key: string, value: string): Promise<void>;
  delete(key: string): Promise<void>;
  list(options: {
    readonly prefix?: string | undefined;
    readonly cursor?: string | undefined;
  }): Promise<{
    readonly keys: readonly { readonly name: string }[];
    readonly list_complete: boolean;
    readonly cursor?: string;
  }>;
}

/** The bindings and variables of a Worker; all variables are texts. */
export interface Environment {
  readonly NODE: ObjectNamespace;
  /** The values of the Worker's nodes; absent: they are in the objects' own storage. */
  readonly KV?: KvNamespace;
  readonly [variable: string]: unknown;
}

/**
 * Whether the platform refused a call because its object has too much to do
 * (https://developers.cloudflare.com/durable-objects/best-practices/error-handling/).
 */
export function isOverloaded(error: unknown): boolean {
  return (
    typeof error === "object" &&
    error !== null &&
    Reflect.get(error, "overloaded") === true
  );
}
