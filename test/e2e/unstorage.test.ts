/** unstorage over a ring of three processes, one of which is dead. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Driver } from "unstorage";
import httpDriver from "unstorage/drivers/http";
import {
  type RunningDriver,
  unstorageSuite,
} from "../suite/unstorage-driver.ts";
import { type NodeProcess, nodesIn } from "./nodes.ts";

/** A driver over a ring of three, once one of them was killed. */
async function overTwoOfThree(
  driverOf: (urls: readonly string[]) => Driver,
): Promise<RunningDriver> {
  const folder = await mkdtemp(join(tmpdir(), "ringwalk-unstorage-"));
  const nodes = nodesIn(folder, { partitions: 32 });
  const close = async () => {
    await nodes.end();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const ring = await nodes.startRing(["a", "b", "c"]);
    const [, b] = ring as [NodeProcess, NodeProcess, NodeProcess];
    await b.kill();
    return { driver: driverOf(ring.map(({ url }) => url)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

unstorageSuite("its http driver on a node, another of three killed", () =>
  overTwoOfThree(([url]) => httpDriver({ base: `${url}/unstorage` })),
);
