/** A driver of unstorage over a ring: what Nitro, Nuxt and others keep then survives the death of nodes. */
import {
  defineDriver,
  filterKeyByDepth,
  hasDotSegment,
  normalizeBaseKey,
  normalizeKey,
} from "unstorage";
import type { ByteClient } from "../client/api.ts";
import { createByteClient } from "../client/byte-client.ts";
import { plainTextType, textTypeOf } from "../core/text-type.ts";
import { bytesOf } from "./raw-value.ts";

/** All of it can be written as JSON, as configurations of Nitro are. */
export interface RingwalkDriverOptions {
  /** Urls of nodes of the ring, as many as are known: when one is down another is asked. */
  readonly nodes: readonly string[];
  /** Keeps to keys below this one, as `app` or `app:cache`; all keys of the ring unless given. */
  readonly base?: string;
  /** Sent with every request, as `Authorization: Bearer`. */
  readonly token?: string;
  /** Seconds until an item is over which is set without a `ttl` of its own; for ever unless given. */
  readonly ttl?: number;
  /** `eventual`: reads ask one replica alone, and may not see what was just written. `linearizable` unless given. */
  readonly consistency?: "linearizable" | "eventual";
}

/** What an operation of a storage may be given. */
interface ItemOptions {
  readonly ttl?: number;
}

/** Keys that a clear deletes at once. */
const clearConcurrency = 32;

/**
 * The driver; nothing is asked before its first operation. Keys of the ring which unstorage cannot name (with a slash in
 * them, `a::b`) are not listed, and spared by a clear. Operations reject with `RingwalkError`s.
 */
export default defineDriver<RingwalkDriverOptions, ByteClient>((options) => {
  const { nodes, token, consistency } = options;
  const client = createByteClient({
    nodes,
    ...(token !== undefined && { token }),
  });
  const ownBase = normalizeBaseKey(options.base);
  const reading = consistency === undefined ? {} : { consistency };

  function ttlOf({ ttl = options.ttl }: ItemOptions = {}) {
    // As in other drivers, 0 is none. A ring counts whole seconds.
    return ttl ? { ttlSeconds: Math.ceil(ttl) } : {};
  }

  /** The keys below a base as the ring has them. */
  async function* keysBelow(base: string | undefined): AsyncIterable<string> {
    const prefix = ownBase + normalizeBaseKey(base);
    for await (const key of client.keys({ prefix }))
      if (isNameable(key)) yield key;
  }

  async function get(key: string): Promise<Uint8Array | undefined> {
    return (await client.getBytes(ownBase + key, reading))?.bytes;
  }

  return {
    name: "ringwalk",
    options,
    flags: { ttl: true },
    getInstance: () => client,
    hasItem: (key) => client.has(ownBase + key, reading),
    async getItem(key) {
      const bytes = await get(key);
      return bytes === undefined ? null : new TextDecoder().decode(bytes);
    },
    async getItemRaw(key) {
      return (await get(key)) ?? null;
    },
    async setItem(key, text, given: ItemOptions) {
      if (!text.isWellFormed())
        throw new TypeError(
          "[ringwalk] A text with half of a surrogate pair is not UTF-8: use setItemRaw.",
        );
      await client.putBytes(ownBase + key, new TextEncoder().encode(text), {
        contentType: textTypeOf(text),
        ...ttlOf(given),
      });
    },
    async setItemRaw(key, value: unknown, given: ItemOptions) {
      const contentType =
        typeof value === "string" ? plainTextType : "application/octet-stream";
      const bytes = await bytesOf(value);
      await client.putBytes(ownBase + key, bytes, {
        contentType,
        ...ttlOf(given),
      });
    },
    removeItem: (key) => client.delete(ownBase + key),
    async getMeta(key) {
      const head = await client.head(ownBase + key, reading);
      if (!head) return null;
      const { modifiedAt, byteCount, revision, ttlSeconds, metadata } = head;
      return {
        mtime: new Date(modifiedAt),
        size: byteCount,
        revision,
        ...(ttlSeconds !== undefined && { ttl: ttlSeconds }),
        ...(metadata && { metadata }),
      };
    },
    async getKeys(base, { maxDepth } = {}) {
      const keys: string[] = [];
      for await (const whole of keysBelow(base)) {
        const key = whole.slice(ownBase.length);
        if (filterKeyByDepth(key, maxDepth)) keys.push(key);
      }
      return keys;
    },
    async clear(base) {
      await forEach(keysBelow(base), (key) => client.delete(key));
    },
  };
});

/** Whether unstorage can ask for the key: folding leaves it as it is. */
function isNameable(key: string): boolean {
  return normalizeKey(key) === key && !hasDotSegment(key);
}

/** Runs `work` for some keys at once; the first error ends it, and nothing is begun after that. */
async function forEach(
  keys: AsyncIterable<string>,
  work: (key: string) => Promise<void>,
): Promise<void> {
  const iterator = keys[Symbol.asyncIterator]();
  let isOver = false;
  const worker = async () => {
    while (!isOver) {
      const next = await iterator.next();
      if (next.done || isOver) return;
      await work(next.value);
    }
  };
  const guarded = () =>
    worker().catch((error: unknown) => {
      isOver = true;
      throw error;
    });
  await Promise.all(Array.from({ length: clearConcurrency }, guarded));
}
