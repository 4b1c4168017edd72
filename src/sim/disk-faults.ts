/** What may go wrong with a disk, how likely it is, and how often it did. */

/** Shares are probabilities, from 0 to 1. */
export interface DiskFaults {
  readonly readMsMin: number;
  readonly readMsMax: number;
  /** A write's time, its fsync included. */
  readonly writeMsMin: number;
  readonly writeMsMax: number;
  /** The share of reads and writes that take up to `slowMsMax` instead. */
  readonly slowShare: number;
  readonly slowMsMax: number;
  /** The share of the writes under way at a crash that are there afterwards. */
  readonly keptShare: number;
  /** Of those, the share that is there in part: the record is torn. */
  readonly tornShare: number;
  /** Which records may be torn. */
  readonly isTearable: (item: string) => boolean;
  /** Bytes that it holds; a write beyond them rejects with ENOSPC. */
  readonly capacityBytes: number;
  /** The shares of reads and writes that reject with EIO; such a write may have happened all the same. */
  readonly readErrorShare: number;
  readonly writeErrorShare: number;
  /** Above 0 it lies: it answers a write before it is durable, which it is this much later. */
  readonly lieMs: number;
}

/** A good disk with nothing to do: its reads come from the cache at once. */
export const noDiskFaults: DiskFaults = {
  readMsMin: 0,
  readMsMax: 0,
  writeMsMin: 0.1,
  writeMsMax: 1,
  slowShare: 0,
  slowMsMax: 0,
  keptShare: 0.5,
  tornShare: 0,
  isTearable: () => true,
  capacityBytes: Number.POSITIVE_INFINITY,
  readErrorShare: 0,
  writeErrorShare: 0,
  lieMs: 0,
};

/** What can happen on a disk: the faults, and the ordinary. */
export const diskEvents = [
  "read",
  "written",
  "slow",
  "full",
  "read-error",
  "write-error",
  /** At a crash: a write under way that happened, did not, or did in part. */
  "kept",
  "lost",
  "torn",
  /** At a crash: a write that had been answered, and is gone. */
  "undone",
  "bit-flipped",
  "wiped",
] as const;

/** One of `diskEvents`: what a disk counts under. */
export type DiskEventKind = (typeof diskEvents)[number];

/** How often each kind has happened since the disk was made. */
export type DiskCounters = Readonly<Record<DiskEventKind, number>>;

/** New at each call: who asked for them counts in them. */
export function diskCountersAtZero(): Record<DiskEventKind, number> {
  const entries = diskEvents.map((kind) => [kind, 0] as const);
  return Object.fromEntries(entries) as Record<DiskEventKind, number>;
}
