/** The two seed systems' behaviour: every store, one replica and three, both answers for a missing key. */
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

/** Half a minute on an idle machine; what is waited for is many answers, each with a time limit of its own. */
const changeTimeoutMs = 900_000;

interface Cell extends NodeOptions {
  readonly store: "memory" | "fs" | "sqlite";
  readonly replicas: number;
  readonly missingStatus: 404 | 200;
  /** Whether each node is a process of its own. */
  readonly hasProcesses: boolean;
  readonly nodeCount: number;
  /** Keys that each node brings along: every one is read through every node after every join. */
  readonly keysOfEach: number;
  /** Keys that are put through any node; half of them are there when one leaves. */
  readonly keysOfAll: number;
}

/** The seeds' own numbers, and the default number of partitions. */
const full = {
  hasProcesses: true,
  nodeCount: 10,
  keysOfEach: 100,
  keysOfAll: 1000,
} as const;
/** The same steps on as many processes: what another store could break shows with fewer keys. */
const brief = {
  ...full,
  partitions: 128,
  keysOfEach: 10,
  keysOfAll: 400,
} as const;
/** For what no process boundary concerns: how replicas, stores and statuses go together. */
const small = {
  hasProcesses: false,
  nodeCount: 5,
  partitions: 40,
  keysOfEach: 5,
  keysOfAll: 50,
} as const;

const onProcesses: readonly Cell[] = [
  { ...full, store: "sqlite", replicas: 3, missingStatus: 404 },
  { ...brief, store: "fs", replicas: 1, missingStatus: 200 },
  { ...brief, store: "memory", replicas: 3, missingStatus: 200 },
];

/** Every store with every number of replicas and every status: each combination once. */
const cells: readonly Cell[] = (["sqlite", "fs", "memory"] as const).flatMap(
  (store) =>
    [1, 3].flatMap((replicas) =>
      ([404, 200] as const).map((missingStatus) => {
        const cell = { store, replicas, missingStatus };
        return onProcesses.find(isSame(cell)) ?? { ...small, ...cell };
      }),
    ),
);

function isSame(wanted: Pick<Cell, "store" | "replicas" | "missingStatus">) {
  return ({ store, replicas, missingStatus }: Cell) =>
    store === wanted.store &&
    replicas === wanted.replicas &&
    missingStatus === wanted.missingStatus;
}

test("the whole matrix is run, and each store on processes", () => {
  expect(cells).toHaveLength(12);
  expect(cells.filter(({ hasProcesses }) => hasProcesses)).toHaveLength(3);
});

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
      const names = Array.from({ length: cell.nodeCount }, (_, at) => `n${at}`);
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
      // Of 1,000 keys no fewer than 25 and no more than 250 at any of ten nodes.
      if (cell.hasProcesses) {
        expect(Math.min(...counts)).toBeGreaterThanOrEqual(values.size / 40);
        expect(Math.max(...counts)).toBeLessThanOrEqual(values.size / 4);
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
