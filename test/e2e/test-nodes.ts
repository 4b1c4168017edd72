/** Nodes that end, and whose data go, with the test that asks for them. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type NodeOptions, type Nodes, nodesIn } from "./nodes.ts";

/** A change looks at every partition, and most scenarios need no more than these. */
const partitionsFew = 32;

export async function nodesForTest(options: NodeOptions = {}): Promise<Nodes> {
  const folder = await mkdtemp(join(tmpdir(), "ringwalk-e2e-"));
  const nodes = nodesIn(folder, { partitions: partitionsFew, ...options });
  onTestFinished(async () => {
    await nodes.end();
    await rm(folder, { recursive: true, force: true });
  });
  return nodes;
}
