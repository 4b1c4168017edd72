/** Tries the disk of this machine where a node keeps its data: whether it can be written, and how long a flush takes. */
import { mkdtemp, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { diskFreeBytes } from "../../runtime/disk-space.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";

const flushCount = 20;
const blockBytes = 4096;
/** Each acknowledged write waits for a flush at a majority: clients feel more than this. */
const slowMs = 20;
const freeWarningBytes = 2 ** 30;

/** Leaves nothing behind. The node that owns the folder may run meanwhile. */
export async function judgeDisk(folder: string): Promise<readonly Finding[]> {
  let flushMs: readonly number[];
  try {
    flushMs = await timeFlushes(folder);
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    return [
      problem(
        code === "ENOENT" ? "folder_missing" : "disk_unwritable",
        `${folder} cannot be written (${code}).`,
        `ls -ld ${folder}; df -h ${folder}: it belongs to the user that runs the node, and needs room`,
      ),
    ];
  }
  const middle = flushMs.toSorted((a, b) => a - b)[flushCount >> 1] ?? 0;
  const took = `a flush takes ${middle.toFixed(1)} ms in the middle of ${flushCount}`;
  const free = diskFreeBytes(folder);
  const room =
    free === undefined ? "" : `, ${(free / 2 ** 30).toFixed(1)} GiB are free`;
  return [
    middle > slowMs
      ? warning(
          "disk_slow",
          `The disk of ${folder} is slow: ${took}, and each acknowledged write waits for one at a majority of its replicas.`,
          "A local SSD takes about a millisecond; look what else writes to it: iostat -x 1",
        )
      : ok("disk", `${folder} can be written: ${took}${room}.`),
    ...(free !== undefined && free < freeWarningBytes
      ? [
          warning(
            "disk_low_here",
            `${Math.floor(free / 2 ** 20)} MiB are left for ${folder}.`,
            `du -sh ${folder}; df -h ${folder}`,
          ),
        ]
      : []),
  ];
}

async function timeFlushes(folder: string): Promise<readonly number[]> {
  const trial = await mkdtemp(join(folder, ".doctor-"));
  try {
    const file = await open(join(trial, "flush"), "w");
    try {
      const times: number[] = [];
      for (let count = 0; count < flushCount; count++) {
        const started = performance.now();
        await file.write(new Uint8Array(blockBytes));
        await file.datasync();
        times.push(performance.now() - started);
      }
      return times;
    } finally {
      await file.close();
    }
  } finally {
    await rm(trial, { recursive: true, force: true });
  }
}
