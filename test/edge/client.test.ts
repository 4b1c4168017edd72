/** The client and a ring of Durable Objects: batches, listings and locks as on servers, while a node loses its memory. */
import { afterEach, expect, test } from "vitest";
import { createClient } from "../../src/client/client.ts";
import { createEdgeNodes, type EdgeNodes, secret } from "./edge-node.ts";
import { edgeRingOfThree } from "./edge-ring.ts";

let nodes: EdgeNodes;
afterEach(() => nodes?.close());

test("many keys at once go through nodes in workerd, one of which is evicted meanwhile", async () => {
  nodes = createEdgeNodes();
  const ring = await edgeRingOfThree(nodes);
  const client = createClient({
    nodes: ring.map(({ url }) => url),
    token: secret,
    patient: true,
    timeoutMs: 120_000,
  });
  const entries = Array.from(
    { length: 300 },
    (_, n) => [`k/${n}`, { n }] as const,
  );
  const putting = client.putMany(entries);
  await ring[1].evict();
  await putting;
  const reading = client.getMany(entries.map(([key]) => key));
  await ring[2].evict();
  expect(await reading).toEqual(new Map(entries));
  const seen = new Map<string, unknown>();
  for await (const [key, value] of client.entries({ prefix: "k/" }))
    seen.set(key, value);
  expect(seen).toEqual(new Map(entries));
  await using lock = await client.lock("lock", { ttlSeconds: 60 });
  await lock.renew();
});
