/** unstorage over a ring of three processes, one of which is dead. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createStorage, type Driver } from "unstorage";
import httpDriver from "unstorage/drivers/http";
import { expect, test } from "vitest";
import ringwalkDriver from "../../src/driver/driver.ts";
import {
  type RunningDriver,
  unstorageSuite,
} from "../suite/unstorage-driver.ts";
import { each } from "./each.ts";
import { type NodeProcess, nodesIn } from "./nodes.ts";
import { nodesForTest } from "./test-nodes.ts";

/** Paging is the same everywhere, and tested where a key costs little. */
const keyCount = 150;

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

unstorageSuite(
  "its http driver on a node, another of three killed",
  () => overTwoOfThree(([url]) => httpDriver({ base: `${url}/unstorage` })),
  keyCount,
);

unstorageSuite(
  "the ring's driver, one of three nodes killed",
  () => overTwoOfThree((nodes) => ringwalkDriver({ nodes })),
  keyCount,
);

const drivers: Readonly<Record<string, (urls: readonly string[]) => Driver>> = {
  "its http driver": ([url]) => httpDriver({ base: `${url}/unstorage` }),
  "the ring's driver": (nodes) => ringwalkDriver({ nodes }),
};

test.each(Object.entries(drivers))(
  "%s goes on while a node is killed, and nothing is lost",
  async (_, driverOf) => {
    const nodes = await nodesForTest();
    const ring = await nodes.startRing(["a", "b", "c"]);
    const [, b] = ring as [NodeProcess, NodeProcess, NodeProcess];
    const storage = createStorage({ driver: driverOf(ring.map((n) => n.url)) });
    const keys = Array.from({ length: 300 }, (_, at) => `load:${at}`);
    let killed: Promise<unknown> | undefined;
    await each(keys, 16, async (key) => {
      if (key === "load:100") killed = b.kill();
      await storage.setItem(key, { of: key });
    });
    await killed;
    expect((await storage.getKeys("load")).sort()).toEqual(keys.toSorted());
    await each(keys, 16, async (key) =>
      expect(await storage.getItem(key)).toEqual({ of: key }),
    );
    await storage.clear();
    expect(await storage.getKeys()).toEqual([]);
  },
);
