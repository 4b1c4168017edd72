/** Broken: what the disk has acknowledged is durable some seconds later. */
import * as real from "../disk-faults.ts";

export * from "../disk-faults.ts";

/** A crash may take back what was answered in the three seconds before. */
export const noDiskFaults: real.DiskFaults = {
  ...real.noDiskFaults,
  lieMs: 3_000,
};
