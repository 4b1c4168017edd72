/** One ring of three Workers under `wrangler dev` and a Node.js server: the seeds' scenarios, and a whole process group killed. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../../scripts/dev/free-port.ts";
import {
  startWranglerNode,
  type WranglerNode,
} from "../../scripts/dev/wrangler-node.ts";
import { wrongReads } from "./calls.ts";
import { type Nodes, nodesIn, type Reachable } from "./nodes.ts";
import {
  joinInTurn,
  leaveAndReturn,
  serveAlone,
  spreadOver,
  valuesOf,
} from "./seed-scenarios.ts";

/** What is waited for is many answers, each with a time limit of its own. */
const timeoutMs = 600_000;
const partitions = 32;

let folder: string;
let servers: Nodes;
const workers: WranglerNode[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ringwalk-wrangler-"));
  servers = nodesIn(folder, { partitions, store: "sqlite" });
}, timeoutMs);

afterAll(async () => {
  await servers?.end();
  await Promise.all(workers.map((worker) => worker.stop("SIGKILL")));
  await rm(folder, { recursive: true, force: true });
}, timeoutMs);

async function startWorker(
  name: string,
  port: number,
): Promise<WranglerNode & Reachable> {
  const worker = await startWranglerNode({
    name,
    port,
    persistTo: join(folder, name),
    variables: { PARTITIONS: String(partitions) },
  });
  workers.push(worker);
  return worker;
}

test(
  "forms, spreads, lets one go and return, and finds everything after kill -9",
  async () => {
    const ports = [await freePort(), await freePort(), await freePort()];
    const [a, b, c] = await Promise.all(
      ["a", "b", "c"].map((name, at) => startWorker(name, ports[at] ?? 0)),
    );
    if (!a || !b || !c) throw new Error("three were started");
    const d = await servers.start("d");
    const members = [a, b, c, d];

    await serveAlone(a, "404 ");
    const values = await joinInTurn(members, 10);
    for (const [key, value] of valuesOf("more ", 100)) values.set(key, value);
    await spreadOver(members, values);
    await leaveAndReturn(members, values, "404 ");

    await b.stop("SIGKILL");
    expect(await wrongReads([a, c, d], values)).toEqual([]);
    const again = await startWorker("b", ports[1] ?? 0);
    expect(await wrongReads([again], values)).toEqual([]);
  },
  timeoutMs,
);
