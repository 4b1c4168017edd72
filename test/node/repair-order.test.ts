/** Repair's order: what cannot be done now holds up nothing else, and no step does more than a bounded part. */

import { describe, expect, test } from "vitest";
import { ballotZero } from "../../src/core/ballot.ts";
import type { Layout, Member } from "../../src/core/layout.ts";
import { memoryFrom } from "../../src/core/memory.ts";
import type { ListedKey } from "../../src/core/message.ts";
import { createRepair } from "../../src/node/repair.ts";
import type { ReplicaRequest } from "../../src/node/replica.ts";
import type { Ring } from "../../src/node/ring.ts";
import { createUnreadable } from "../../src/node/unreadable.ts";
import { openStore } from "../../src/store/open.ts";
import { quiet } from "../http/memory-node.ts";

const entry = {
  value: null,
  createdAt: 1,
  modifiedAt: 1,
  revision: ballotZero,
  memory: memoryFrom(ballotZero),
};
const at = (counter: number) => ({ epoch: 1, counter, proposer: "p" });
const partitionOf = (key: string) => Number(key.split("-")[0]);

function layoutOf(
  ringId: string,
  table: readonly (readonly string[])[],
): Layout {
  const member = (id: string): Member => ({
    id,
    name: id,
    url: `http://${id}`,
    weight: 1,
    guarantee: "durable",
    versions: [1, 1],
  });
  return {
    ringId,
    epoch: 1,
    phase: "stable",
    settings: {
      consistency: "linearizable",
      partitionCount: table.length,
      replicaCount: 3,
      hashSeed: { low: 1, high: 2 },
      valueBytesMax: 1,
    },
    members: ["a", "b", "c", "d"].map(member),
    system: ["a"],
    table: table.map((ids) => ids.map((id) => ({ id, since: 1 }))),
  };
}

/** Node `a`, whose partitions all lack what the other replicas have, until a key is refreshed. */
async function scene(table: readonly (readonly string[])[], keysEach = 1) {
  let layout = layoutOf("r", table);
  const names = Array.from({ length: keysEach }, (_, i) =>
    String(i).padStart(4, "0"),
  );
  const refreshed = new Set<string>();
  const infos: string[] = [];
  const asked: { id: string; request: ReplicaRequest }[] = [];
  const state = {
    failed: new Set<string>(),
    unlistable: new Set<number>(),
    refreshable: true,
    /** Whether node `a` takes nothing of what the others commit. */
    isFull: false,
    refreshed,
    asked,
    enter: (next: Layout) => {
      layout = next;
    },
  };
  const keysOf = (id: string, partition: number): readonly string[] =>
    names
      .map((name) => `${partition}-${name}`)
      .filter((key) => id !== "a" || refreshed.has(key));
  const ring = {
    layout: () => layout,
    memberId: () => "a",
    space: () => 0,
    isMember: () => true,
    onChange: (_: () => void) => {},
  };
  const unreadable = createUnreadable(
    () => {},
    () => 0,
  );
  const repair = createRepair({
    ring: ring as Ring,
    store: await openStore({ kind: "memory" }),
    schedule: { note() {} },
    unreadable,
    voters: {
      async ask(_, id, request) {
        asked.push({ id, request });
        if (request.kind === "digest") {
          const digests = request.partitions.map((p) => keysOf(id, p).join());
          return { kind: "digests", digests };
        }
        if (request.kind === "read") {
          const isHeld = id !== "a" || refreshed.has(request.key);
          return { kind: "state", accepted: isHeld ? at(1) : at(0) };
        }
        if (request.kind !== "list") throw new Error("nothing else is asked");
        const { partition, after = "", limit } = request;
        if (state.unlistable.has(partition))
          return { kind: "unreachable", wasSent: false };
        const all = keysOf(id, partition).filter((key) => key > after);
        const keys = all.slice(0, limit).map(
          (key): ListedKey => ({
            name: key,
            key,
            accepted: at(1),
            isTombstone: false,
            changedAt: 1,
          }),
        );
        const next = keys.at(-1)?.name;
        return {
          kind: "page",
          keys,
          collectedAt: 0,
          ...(all.length > limit && next !== undefined && { next }),
        };
      },
    },
    coordinator: {
      change: () => Promise.reject(new Error("repair only refreshes")),
      read: () => Promise.reject(new Error("repair only refreshes")),
      async refresh(key) {
        if (!state.refreshable) return undefined;
        if (!state.isFull) refreshed.add(key);
        return { ballot: at(1), entry };
      },
    },
    suspicion: {
      isSuspected: () => false,
      hasFailed: (id) => state.failed.has(id),
      silenceOf: (id) => (state.failed.has(id) ? 0 : undefined),
      failed() {},
      displaced() {},
      isDisplaced: () => false,
      answered() {},
    },
    onSuspected() {},
    log: { ...quiet, info: (message) => void infos.push(message) },
    operationTimeoutMs: 1,
  });
  const refreshedPartitions = () => new Set([...refreshed].map(partitionOf));
  return { ...state, state, infos, repair, unreadable, refreshedPartitions };
}

const rows = (count: number, ids: readonly string[]) =>
  Array.from({ length: count }, () => ids);

/** Steps until nothing is due at once; gives the last delay. */
async function stepWhileBusy(
  repair: { step(): Promise<number | undefined> },
  countMax = 1_000,
): Promise<number | undefined> {
  for (let count = 0; count < countMax; count++) {
    const delayMs = await repair.step();
    if (delayMs !== 0) return delayMs;
  }
  throw new Error("it never rests");
}

describe("repair", () => {
  test("waits for a member that does not answer without asking anybody, and does the rest", async () => {
    const waiting = rows(40, ["a", "b"]);
    const { repair, state, asked, refreshedPartitions } = await scene([
      ...waiting,
      ...rows(8, ["a", "c"]),
    ]);
    state.failed.add("b");
    repair.suspect();
    expect(await stepWhileBusy(repair)).toBeUndefined();
    const done = [...refreshedPartitions()].sort((x, y) => x - y);
    expect(done).toEqual([40, 41, 42, 43, 44, 45, 46, 47]);
    expect(asked.some(({ id }) => id === "b")).toBe(false);
    for (const { request } of asked)
      if (request.kind === "digest")
        expect(Math.min(...request.partitions)).toBeGreaterThanOrEqual(40);
    state.failed.clear();
    repair.suspect("b");
    expect(await stepWhileBusy(repair)).toBeUndefined();
    expect(refreshedPartitions().size).toBe(48);
  });

  test("puts what fails behind the rest, and tries it later and later", async () => {
    const { repair, state, refreshedPartitions } = await scene(
      rows(64, ["a", "b"]),
    );
    for (let partition = 0; partition < 32; partition++)
      state.unlistable.add(partition);
    repair.suspect();
    const delays = [await stepWhileBusy(repair)];
    expect(refreshedPartitions().size).toBe(32);
    for (let i = 0; i < 7; i++) delays.push(await stepWhileBusy(repair));
    expect(delays).toEqual([
      2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000,
    ]);
    state.unlistable.clear();
    expect(await stepWhileBusy(repair)).toBeUndefined();
    expect(refreshedPartitions().size).toBe(64);
  });

  test("does a bounded part of large partitions in each step, of several in turn", async () => {
    const { repair, refreshed, refreshedPartitions } = await scene(
      rows(8, ["a", "b"]),
      500,
    );
    repair.suspect();
    let before = 0;
    for (let steps = 0; refreshed.size < 4_000; steps++) {
      await repair.step();
      expect(refreshed.size - before).toBeLessThanOrEqual(256);
      before = refreshed.size;
      if (steps === 4) expect(refreshedPartitions().size).toBe(8);
    }
    expect(await stepWhileBusy(repair)).toBeUndefined();
  });

  test("calls nothing repaired that a replica did not take, and tries it later and later", async () => {
    const { repair, state, infos } = await scene(rows(1, ["a", "b"]), 3);
    state.isFull = true;
    repair.suspect();
    const delays: (number | undefined)[] = [];
    for (let steps = 0; steps < 12; steps++) delays.push(await repair.step());
    expect(infos).toEqual([]);
    expect(delays.filter((delay) => delay !== 0).slice(0, 3)).toEqual([
      2_000, 4_000, 8_000,
    ]);
    state.isFull = false;
    for (let steps = 0; infos.length === 0 && steps < 4; steps++)
      await repair.step();
    expect(infos).toEqual(["repaired a partition"]);
  });

  test("leaves a page when its first keys cannot be refreshed: each takes as long as an operation may", async () => {
    const { repair, state, refreshed } = await scene(rows(1, ["a", "b"]), 64);
    state.refreshable = false;
    repair.suspect();
    expect(await stepWhileBusy(repair)).toBe(2_000);
    state.refreshable = true;
    expect(await stepWhileBusy(repair)).toBeUndefined();
    expect(refreshed.size).toBe(64);
  });

  test("forgets the partitions of another ring", async () => {
    const { repair, state, asked, refreshedPartitions } = await scene(
      rows(64, ["a", "b"]),
    );
    state.unlistable.add(3);
    repair.suspect();
    expect(await stepWhileBusy(repair)).toBe(2_000);
    repair.suspectPartition(60);
    state.enter(layoutOf("other", rows(16, ["a", "c"])));
    asked.length = 0;
    expect(await stepWhileBusy(repair)).toBeUndefined();
    expect(asked).toEqual([]);
    repair.suspectPartition(2);
    expect(await stepWhileBusy(repair)).toBeUndefined();
    expect(refreshedPartitions()).toContain(2);
  });

  test("tries no record that the others cannot commit without this replica", async () => {
    const { repair, unreadable, refreshed } = await scene([
      ["a", "b"],
      ["a", "b", "c"],
    ]);
    unreadable.note({ space: 0, partition: 0, key: "0-0000" });
    expect(await stepWhileBusy(repair)).toBeUndefined();
    expect(refreshed.size).toBe(0);
    unreadable.note({ space: 7, partition: 1, key: "1-0000" });
    expect(unreadable.count(7)).toBe(1);
    expect(await stepWhileBusy(repair)).toBeUndefined();
    // A record of another space is of no concern any more.
    expect(unreadable.count(7)).toBe(0);
    expect(unreadable.count(0)).toBe(1);
  });
});
