/** Clients that work on a ring while a test does things to it, and the simulator's verdict on what they were told. */
import { lostWrites } from "../../scripts/chaos/lost-writes.ts";
import { type Addressed, createRing } from "../../scripts/chaos/ring.ts";
import { readEverything, rest } from "../../scripts/chaos/settled.ts";
import { runWorkload } from "../../scripts/chaos/workload.ts";
import { createHistoryRecorder } from "../../src/sim/history.ts";
import { historyViolations } from "../../src/sim/invariants.ts";
import { createPrng } from "../../src/sim/prng.ts";
import { createCounts, type Violation } from "../../src/sim/ring-run.ts";
import type { Reachable } from "./nodes.ts";
import { until } from "./until.ts";

export interface CheckedLoad {
  /** Clients call the node from now on. */
  admit(node: Reachable): void;
  /** No client calls it any more; resolves when none waits for it either. Before a node leaves its ring. */
  retire(node: Reachable): Promise<void>;
  /** Resolves when the ring has served `count` operations more than it has now. */
  untilServed(count: number): Promise<void>;
  /** How often clients were told so: by `put: ok`, `get: no_quorum` and the like. */
  counts(): Readonly<Record<string, number>>;
  /**
   * Ends the clients, waits until the ring is at rest, reads every key through every member, and judges the whole
   * history: acknowledged writes, linearizability of each key, eventual reads, and answers that no fault explains.
   */
  judge(): Promise<readonly Violation[]>;
}

/** Starts clients that call any of the nodes. The seed chooses what they ask; when they do is the machine's affair. */
export function startCheckedLoad(
  nodes: readonly Reachable[],
  {
    clientCount,
    seed,
  }: { readonly clientCount: number; readonly seed: number },
): CheckedLoad {
  const began = performance.now();
  const now = () => performance.now() - began;
  const addressed = new Map<string, Addressed>();
  const ring = createRing<Addressed>([], now);
  const history = createHistoryRecorder(now);
  const counts = createCounts();
  const violations: Violation[] = [];
  const stop = new AbortController();
  const parts = { ring, history, counts, violations, now, stop: stop.signal };

  function memberOf({ name, url }: Reachable): Addressed {
    const member = addressed.get(name) ?? { name, place: { clientUrl: url } };
    addressed.set(name, member);
    return member;
  }

  const served = () =>
    Object.entries(counts.all())
      .filter(([label]) => label.endsWith(": ok"))
      .reduce((total, [, count]) => total + count, 0);

  for (const node of nodes) ring.admit(memberOf(node));
  const work = runWorkload(parts, createPrng(seed), clientCount);
  return {
    admit: (node) => ring.admit(memberOf(node)),
    retire: (node) => ring.retire(memberOf(node)),
    async untilServed(count) {
      const goal = served() + count;
      await until(() => served() >= goal, `${count} operations are served`);
    },
    counts: () => counts.all(),
    async judge() {
      stop.abort();
      await work;
      await rest(ring.members(), violations);
      await readEverything(parts);
      const operations = history.operations();
      const lost = lostWrites(operations, ({ client }) =>
        client.startsWith("last-"),
      ).map((detail) => ({ check: "acknowledged writes", detail }));
      return [...violations, ...lost, ...historyViolations(operations)];
    },
  };
}
