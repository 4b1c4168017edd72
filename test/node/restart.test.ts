/** A member that is started with another url, zone or weight: the ring learns it from the node itself. */
import { afterEach, expect, test } from "vitest";
import { type Cluster, createCluster } from "./cluster.ts";

let cluster: Cluster | undefined;
afterEach(() => cluster?.close());

async function ringOfThree(of: Cluster) {
  const a = await of.start("a");
  const b = await of.start("b", { place: { zone: "east", weight: 2 } });
  const c = await of.start("c");
  for (const node of [b, c])
    expect(await node.join({ urls: [a.url] })).toMatchObject({ ok: true });
  return { a, b };
}

test("what it was started with is told to the ring, and its share moves", async () => {
  cluster = createCluster();
  const { a, b } = await ringOfThree(cluster);
  const keys = Array.from({ length: 50 }, (_, i) => `k${i}`);
  for (const key of keys) await a.put(key, new TextEncoder().encode(key));
  const listed = (of = a) =>
    of.status().members.find(({ name }) => name === "b");
  expect(listed()).toMatchObject({ zone: "east", weight: 2 });
  const before = listed()?.partitionsAsPrimary ?? 0;

  cluster.kill("b");
  const place = { url: "http://elsewhere", zone: "west", weight: 0.5 };
  const again = await cluster.start("b", { store: b.store, place });
  for (const node of [a, again])
    await expect
      .poll(() => [listed(node), node.status().phase], { timeout: 20_000 })
      .toEqual([expect.objectContaining(place), "stable"]);
  expect(listed()?.partitionsAsPrimary).toBeLessThan(before);
  for (const key of keys) {
    const read = await again.get(key);
    expect(read.ok && new TextDecoder().decode(read.value?.value)).toBe(key);
  }
});

test("a weight set while it runs stays, unless the next start gives another", async () => {
  cluster = createCluster();
  const { a, b } = await ringOfThree(cluster);
  const weight = () =>
    a.status().members.find(({ name }) => name === "b")?.weight;
  expect(await b.reconfigure({ weight: 3 })).toMatchObject({ ok: true });
  await b.tick();
  expect(weight()).toBe(3);

  cluster.kill("b");
  const place = { zone: "east" };
  const again = await cluster.start("b", { store: b.store, place });
  await again.tick();
  await again.tick();
  expect([again.status().phase, weight()]).toEqual(["stable", 3]);
});
