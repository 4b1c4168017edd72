/** The command line of `npm run chaos`. */
import { parseArgs } from "node:util";

export const usage = `usage: npm run chaos -- [--seconds N] [--store sqlite|fs] [--clients N] [--nodes N] [--seed N]
                       [--split namespaces|proxies]

  --seconds N   how long clients and faults go on (60); longer until each kind of fault has happened once
  --store S     what the nodes keep their data in (sqlite)
  --clients N   so many clients beside the probes (8)
  --nodes N     the ring's members, 3 to 12 (5); one more node joins and leaves
  --seed N      which faults and operations are drawn (from the clock); real time makes each run another one all the same
  --split S     how the network is split; else namespaces where the machine allows them, and proxies where it does not`;

export interface Arguments {
  readonly seconds: number;
  readonly store: "sqlite" | "fs";
  readonly clientCount: number;
  readonly nodeCount: number;
  readonly seed: number;
  /** Absent: what the machine allows. */
  readonly split?: "namespaces" | "proxies";
}

/** Absent when they make no sense. */
export function parseArguments(
  words: readonly string[],
): Arguments | undefined {
  const values = valuesOf(words);
  if (!values) return undefined;
  const { store, split } = values;
  const seconds = Number(values.seconds);
  const clientCount = Number(values.clients);
  const nodeCount = Number(values.nodes);
  const seed = Number(values.seed ?? Date.now() % 1_000_000);
  if (store !== "sqlite" && store !== "fs") return undefined;
  if (split !== undefined && split !== "namespaces" && split !== "proxies")
    return undefined;
  const numbers = [seconds, clientCount, nodeCount, seed];
  if (!numbers.every(Number.isSafeInteger)) return undefined;
  if (seconds < 1 || clientCount < 1 || nodeCount < 3 || nodeCount > 12)
    return undefined;
  return {
    seconds,
    store,
    clientCount,
    nodeCount,
    seed,
    ...(split && { split }),
  };
}

function valuesOf(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: {
        seconds: { type: "string", default: "60" },
        store: { type: "string", default: "sqlite" },
        clients: { type: "string", default: "8" },
        nodes: { type: "string", default: "5" },
        seed: { type: "string" },
        split: { type: "string" },
      },
    }).values;
  } catch {
    return undefined;
  }
}
