/** unstorage over nodes in workerd, one of three gone. */
import type { Driver } from "unstorage";
import httpDriver from "unstorage/drivers/http";
import ringwalkDriver from "../../src/driver/driver.ts";
import {
  type RunningDriver,
  unstorageSuite,
} from "../suite/unstorage-driver.ts";
import { createEdgeNodes, secret } from "./edge-node.ts";
import { edgeRingOfThree } from "./edge-ring.ts";

/** Paging is the same everywhere, and tested where a key costs little. */
const keyCount = 150;

/** A driver over a ring of three, once one of them was stopped. */
async function overTwoOfThree(
  driverOf: (urls: readonly string[]) => Driver,
): Promise<RunningDriver> {
  const nodes = createEdgeNodes();
  try {
    const ring = await edgeRingOfThree(nodes);
    await ring[1].stop();
    return { driver: driverOf(ring.map(({ url }) => url)), close: nodes.close };
  } catch (error) {
    await nodes.close();
    throw error;
  }
}

unstorageSuite(
  "its http driver on a node in workerd, another of three gone",
  () =>
    overTwoOfThree(([url]) =>
      httpDriver({
        base: `${url}/unstorage`,
        headers: { authorization: `Bearer ${secret}` },
      }),
    ),
  keyCount,
);

unstorageSuite(
  "the ring's driver, one of three nodes in workerd gone",
  () => overTwoOfThree((nodes) => ringwalkDriver({ nodes, token: secret })),
  keyCount,
);
