/** The two seed systems' behaviour on rings of ten: every store, one replica and three, both answers for a missing key. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { del } from "./calls.ts";
import { each } from "./each.ts";
import { type NodeOptions, nodesIn, type Reachable } from "./nodes.ts";
import {
  anyOf,
  joinInTurn,
  leaveAndReturn,
  serveAlone,
  spreadOver,
  valuesOf,
} from "./seed-scenarios.ts";
import { serversIn } from "./servers.ts";

const nodeCount = 10;
/** Half a minute on an idle machine; what is waited for is many answers, each with a time limit of its own. */
const changeTimeoutMs = 900_000;

interface Cell extends NodeOptions {
  readonly store: "memory" | "fs" | "sqlite";
  readonly replicas: number;
  readonly missingStatus: 404 | 200;
  /** Whether each node is a process of its own. */
  readonly hasProcesses: boolean;
  /** Keys that each of the ten nodes brings along: every one is read through every node after every join. */
  readonly keysOfEach: number;
  /** Keys that are put through any of the ten; half of them are there when one leaves. */
  readonly keysOfAll: number;
}

/** On processes, with the default number of partitions, and keys enough to see whether they are spread evenly. */
const full = { store: "sqlite", hasProcesses: true, keysOfAll: 1000 } as const;
const small = {
  hasProcesses: false,
  partitions: 40,
  keysOfEach: 5,
  keysOfAll: 50,
} as const;
const cells: readonly Cell[] = [
  { ...full, replicas: 3, missingStatus: 404, keysOfEach: 100 },
  { ...full, replicas: 1, missingStatus: 200, keysOfEach: 25 },
  { ...small, store: "memory", replicas: 3, missingStatus: 200 },
  { ...small, store: "memory", replicas: 1, missingStatus: 404 },
  { ...small, store: "fs", replicas: 3, missingStatus: 404 },
  { ...small, store: "fs", replicas: 1, missingStatus: 200 },
];

describe.each(cells)(
  "$store, $replicas replicas, $missingStatus for a missing key, processes: $hasProcesses",
  (cell) => {
    const missing = `${cell.missingStatus} ` as const;
    let folder: string;
    let end: () => Promise<void>;
    let nodes: readonly Reachable[];
    let values: Map<string, string>;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "ringwalk-seeds-"));
      const launcher = cell.hasProcesses
        ? nodesIn(folder, cell)
        : serversIn(folder, cell);
      end = launcher.end;
      const names = Array.from({ length: nodeCount }, (_, at) => `n${at}`);
      nodes = await Promise.all(names.map((name) => launcher.start(name)));
    });

    afterAll(async () => {
      await end();
      await rm(folder, { recursive: true, force: true });
    });

    test("(a) one node", async () => {
      await serveAlone(anyOf(nodes), missing);
    });

    test(
      "(b) ten nodes with keys of their own join one after another",
      async () => {
        values = await joinInTurn(nodes, cell.keysOfEach);
      },
      changeTimeoutMs,
    );

    test("(c) keys put through any node are spread evenly", async () => {
      await deleteThroughAny([...values.keys()]);
      values = valuesOf("spread ", cell.keysOfAll);
      const counts = await spreadOver(nodes, values);
      if (cell.hasProcesses) {
        expect(Math.min(...counts)).toBeGreaterThanOrEqual(25);
        expect(Math.max(...counts)).toBeLessThanOrEqual(250);
      }
    });

    test(
      "(d) one leaves, with the keys that it listed, and comes back",
      async () => {
        const gone = [...values.keys()].slice(values.size / 2);
        await deleteThroughAny(gone);
        for (const key of gone) values.delete(key);
        await leaveAndReturn(nodes, values, missing);
      },
      changeTimeoutMs,
    );

    async function deleteThroughAny(keys: readonly string[]): Promise<void> {
      await each(keys, 64, async (key) =>
        expect(await del(anyOf(nodes), key)).toBe("200 "),
      );
    }
  },
);
