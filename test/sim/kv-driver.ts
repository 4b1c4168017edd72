/**
 * A driver that behaves as badly as Workers KV may: it answers what is over, absence included, for up to 60 seconds,
 * compares nothing, lets the last writer win, and takes one write of a key a second.
 */
import type { Prng } from "../../src/sim/prng.ts";
import type { Scheduler } from "../../src/sim/scheduler.ts";
import { bytesDriver, splitItem } from "../../src/store/driver.ts";

interface Version {
  readonly atMs: number;
  readonly bytes: Uint8Array | null;
}

/** Half of the staleness comes from the store behind, half from the cache in front of it. */
const lagMsMax = 30_000;
const cacheMsMax = 30_000;
const writeSpacingMs = 1_000;

/** One namespace: it outlives the processes that use it. */
export function createKv(scheduler: Scheduler, random: Prng) {
  const versions = new Map<string, Version[]>();
  const cache = new Map<
    string,
    { bytes: Uint8Array | null; untilMs: number }
  >();
  const counters = { staleReads: 0, refusedWrites: 0 };

  function seenAt(item: string, atMs: number): Uint8Array | null {
    const known = versions.get(item) ?? [];
    return known.findLast((version) => version.atMs <= atMs)?.bytes ?? null;
  }

  function read(item: string): Uint8Array | null {
    const now = scheduler.now();
    const cached = cache.get(item);
    const newest = seenAt(item, now);
    if (cached && cached.untilMs > now) {
      if (cached.bytes !== newest) counters.staleReads++;
      return cached.bytes;
    }
    const bytes = seenAt(item, now - random.between(0, lagMsMax));
    if (bytes !== newest) counters.staleReads++;
    cache.set(item, { bytes, untilMs: now + random.between(0, cacheMsMax) });
    return bytes;
  }

  function write(item: string, bytes: Uint8Array | null): void {
    const known = versions.get(item) ?? [];
    const last = known.at(-1);
    const now = scheduler.now();
    if (last && now - last.atMs < writeSpacingMs) {
      counters.refusedWrites++;
      throw Object.assign(new Error("429: too many writes of one key"), {
        status: 429,
      });
    }
    versions.set(item, [...known, { atMs: now, bytes }]);
  }

  const items = () => {
    const atMs = scheduler.now() - random.between(0, lagMsMax);
    return [...versions.keys()].filter((item) => seenAt(item, atMs) !== null);
  };

  return {
    counters: () => ({ ...counters }),
    driver: bytesDriver({
      name: "kv-like",
      place: "a namespace",
      guarantee: "eventual" as const,
      getItemRaw: async (item: string) => read(item)?.slice() ?? null,
      setItemRaw: async (item: string, bytes: Uint8Array) =>
        write(item, bytes.slice()),
      removeItem: async (item: string) => write(item, null),
      getKeys: async (base: string) =>
        items().filter((item) => item.startsWith(base)),
      listNames: async (bucket: string) =>
        items()
          .map(splitItem)
          .flatMap((item) => (item.bucket === bucket ? [item.name] : [])),
      dropBucket: (bucket: string) => {
        for (const item of versions.keys())
          if (splitItem(item).bucket === bucket)
            versions.get(item)?.push({ atMs: scheduler.now(), bytes: null });
      },
    }),
    /** What the namespace will show once it is at rest. */
    settled: () =>
      new Map(
        [...versions].flatMap(([item, known]) => {
          const bytes = known.at(-1)?.bytes;
          return bytes ? [[item, bytes] as const] : [];
        }),
      ),
  };
}
