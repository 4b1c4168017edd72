/** A disk in memory: it takes virtual time, and loses at a crash what a real one may lose. */
import { bytesDriver, type StoreDriver } from "../store/driver.ts";
import {
  type DiskCounters,
  type DiskFaults,
  diskCountersAtZero,
  noDiskFaults,
} from "./disk-faults.ts";
import { createDiskRecords } from "./disk-records.ts";
import type { Life } from "./process.ts";
import type { Scheduler } from "./scheduler.ts";

/** A disk from outside: what it does to the records that a node keeps there. */
export interface Disk {
  /**
   * The driver for one life of a process. With that life the machine's power ends, too: a write that was not answered
   * may afterwards be there whole, in part, or not at all.
   */
  driver(life: Life): StoreDriver;
  /** Changes what may happen from now on. */
  setFaults(faults: Partial<DiskFaults>): void;
  /** Flips one bit of a random record among those that qualify; tells which, or nothing where there is none. */
  flipBit(qualifies?: (item: string) => boolean): string | undefined;
  /** Loses everything, as a new disk in the same machine does; call it while the machine is down. */
  wipe(): void;
  /** The records that a reader finds, by item. */
  items(): readonly string[];
  counters(): DiskCounters;
}

/** A write that was asked for and is not answered. */
interface Pending {
  readonly item: string;
  /** `null` removes the record. */
  readonly bytes: Uint8Array | null;
}

/** It outlives the processes that use it. Its name tells its chance from that of other disks. */
export function createDisk(options: {
  readonly name: string;
  readonly scheduler: Scheduler;
  readonly faults?: Partial<DiskFaults>;
}): Disk {
  const { name, scheduler } = options;
  const random = scheduler.random.fork(`disk ${name}`);
  const counters = diskCountersAtZero();
  let faults: DiskFaults = { ...noDiskFaults, ...options.faults };
  /** What a reader finds: everything that was answered. */
  let records = createDiskRecords();
  /** Of the records that were answered before they were durable, what was there before. */
  const undurable = new Map<string, Uint8Array | null>();
  const pending = new Set<Pending>();
  /** When the last write of an item ends: writes of one item keep their order. */
  const busyUntilMs = new Map<string, number>();

  function takes(minMs: number, maxMs: number): number {
    if (!random.chance(faults.slowShare)) return random.between(minMs, maxMs);
    counters.slow++;
    return random.between(maxMs, faults.slowMsMax);
  }

  function read<T>(life: Life, work: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const finish = () => {
      if (random.chance(faults.readErrorShare)) {
        counters["read-error"]++;
        reject(failure("EIO", "the disk cannot read"));
      } else {
        counters.read++;
        resolve(work());
      }
    };
    const durationMs = takes(faults.readMsMin, faults.readMsMax);
    if (!life.isAlive()) return promise;
    // A read from the cache is no event: it would make every run several times as long.
    if (durationMs > 0) life.after(durationMs, finish);
    else finish();
    return promise;
  }

  function write(
    life: Life,
    item: string,
    bytes: Uint8Array | null,
  ): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    if (!life.isAlive()) return promise;
    const under: Pending = {
      item,
      bytes: bytes === null ? null : bytes.slice(),
    };
    const wantsBytes = (bytes?.length ?? 0) - (records.get(item)?.length ?? 0);
    const isFull = records.bytesTotal() + wantsBytes > faults.capacityBytes;
    const now = scheduler.now();
    const endsAtMs = Math.max(
      now + takes(faults.writeMsMin, faults.writeMsMax),
      busyUntilMs.get(item) ?? 0,
    );
    busyUntilMs.set(item, endsAtMs);
    if (!isFull || wantsBytes <= 0) pending.add(under);

    life.after(endsAtMs - now, () => {
      if (busyUntilMs.get(item) === endsAtMs) busyUntilMs.delete(item);
      if (!pending.delete(under)) {
        counters.full++;
        reject(failure("ENOSPC", "no space is left on the disk"));
      } else if (random.chance(faults.writeErrorShare)) {
        counters["write-error"]++;
        if (random.chance(faults.keptShare)) keep(under);
        reject(failure("EIO", "the disk cannot write"));
      } else {
        counters.written++;
        keep(under);
        resolve();
      }
    });
    return promise;
  }

  function keep({ item, bytes }: Pending): void {
    if (faults.lieMs > 0) {
      if (!undurable.has(item)) undurable.set(item, records.get(item));
      scheduler.after(faults.lieMs, () => {
        if (records.get(item) === bytes) undurable.delete(item);
      });
    }
    records.set(item, bytes);
  }

  function losePower(): void {
    for (const [item, before] of undurable) {
      if (random.chance(faults.keptShare)) continue;
      counters.undone++;
      records.set(item, before);
    }
    for (const { item, bytes } of pending) {
      if (!random.chance(faults.keptShare)) counters.lost++;
      else if (
        bytes &&
        faults.isTearable(item) &&
        random.chance(faults.tornShare)
      ) {
        counters.torn++;
        records.set(item, torn(bytes, records.get(item)));
      } else {
        counters.kept++;
        records.set(item, bytes);
      }
    }
    forget();
  }

  function forget(): void {
    undurable.clear();
    pending.clear();
    busyUntilMs.clear();
  }

  /** The first part of the new bytes, then what was there before, or nothing. */
  function torn(bytes: Uint8Array, before: Uint8Array | null): Uint8Array {
    const length = random.below(bytes.length + 1);
    const rest = random.chance(0.5) ? before?.subarray(length) : undefined;
    return Uint8Array.from([...bytes.subarray(0, length), ...(rest ?? [])]);
  }

  return {
    driver(life) {
      life.onEnd(losePower);
      return bytesDriver({
        name: "ringwalk-simulated",
        place: `the disk ${name}`,
        guarantee: "durable",
        ownedReads: true,
        isolatedReads: true,
        getItemRaw: (item) =>
          read(life, () => records.get(item)?.slice() ?? null),
        setItemRaw: (item, bytes) => write(life, item, bytes),
        removeItem: (item) => write(life, item, null),
        getKeys: (base) =>
          read(life, () =>
            records.items().filter((item) => item.startsWith(base)),
          ),
        listNames: (bucket) => read(life, () => records.names(bucket)),
        scanBucket: (bucket, after) => records.scan(bucket, after),
        async clear(base) {
          for (const item of records.items())
            if (item.startsWith(base ?? "")) await write(life, item, null);
        },
      });
    },
    setFaults(changed) {
      faults = { ...faults, ...changed };
    },
    flipBit(qualifies = () => true) {
      const items = records.items().filter(qualifies).sort();
      const item = items.length > 0 ? random.pick(items) : undefined;
      const bytes = item === undefined ? null : records.get(item);
      if (item === undefined || !bytes || bytes.length === 0) return undefined;
      const flipped = bytes.slice();
      const at = random.below(flipped.length);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << random.below(8));
      records.set(item, flipped);
      counters["bit-flipped"]++;
      return item;
    },
    wipe() {
      counters.wiped++;
      records = createDiskRecords();
      forget();
    },
    items: () => records.items(),
    counters: () => ({ ...counters }),
  };
}

function failure(code: "EIO" | "ENOSPC", message: string): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code });
}
