/** Adding a node from inside the ring, and asking who keeps a key. */
import { afterEach, expect, test } from "vitest";
import { formatBallot } from "../../src/core/ballot.ts";
import { type Cluster, type ClusterNode, createCluster } from "./cluster.ts";

let cluster: Cluster;
afterEach(() => cluster?.close());

const encode = (text: string) => new TextEncoder().encode(text);

async function nodes(count: number): Promise<readonly ClusterNode[]> {
  cluster = createCluster({
    founding: { partitionCount: 8 },
    timing: { operationTimeoutMs: 600, peerCallTimeoutMs: 200 },
  });
  return Promise.all(
    Array.from({ length: count }, (_, index) => cluster.start(`n${index}`)),
  );
}

test("a node is added, with its keys; to add it again changes nothing", async () => {
  const [a, b, c] = await nodes(3);
  if (!a || !b || !c) throw new Error("three were started");
  await c.put("brought", encode("along"));
  for (const node of [b, c]) {
    const added = await a.add({ url: node.url });
    expect(added).toMatchObject({ ok: true, value: { isComplete: true } });
  }
  expect([...b.peers()].sort()).toEqual(["n0", "n1", "n2"]);
  expect(await b.get("brought")).toMatchObject({ ok: true });
  const { epoch } = a.status();
  expect(await a.add({ url: c.url })).toMatchObject({ value: { epoch } });
});

test("one that is in a ring with others is not taken from it", async () => {
  const [a, b, c] = await nodes(3);
  if (!a || !b || !c) throw new Error("three were started");
  await b.add({ url: c.url });
  const refused = { ok: false, error: { code: "member_elsewhere" } };
  expect(await a.add({ url: c.url })).toMatchObject(refused);
  expect(c.peers()).toHaveLength(2);
});

test("what cannot be added is told why", async () => {
  const [a, b] = await nodes(2);
  if (!a || !b) throw new Error("two were started");
  const codeOf = async (url: string) => {
    const added = await a.add({ url });
    return added.ok ? "added" : added.error.code;
  };
  expect(await codeOf(a.url)).toBe("join_itself");
  expect(await codeOf("http://nobody")).toBe("join_unreachable");
  await b.reconfigure({ replicaCount: 2 });
  expect(await codeOf(b.url)).toBe("added");
});

test("each replica tells what it holds", async () => {
  const [a, b, c] = await nodes(3);
  if (!a || !b || !c) throw new Error("three were started");
  for (const node of [b, c]) await a.add({ url: node.url });
  const none = await a.holders("k");
  expect(none).toMatchObject({ ok: true, value: { partitionCount: 8 } });
  if (!none.ok) throw new Error(none.error.message);
  expect(none.value.holders.map(({ holds }) => holds)).toEqual(
    Array(3).fill("nothing"),
  );
  const written = await a.put("k", encode("1"));
  if (!written.ok) throw new Error(written.error.message);
  const revision = formatBallot(written.value.revision);
  await a.get("k");
  await until(async () =>
    (await heldAt(a)).every(({ holds }) => holds === "value"),
  );
  expect(await heldAt(b)).toMatchObject(
    Array(3).fill({ holds: "value", revision }),
  );
  const [primary] = await heldAt(a);
  expect(primary?.role).toBe("primary");

  const silent = (await heldAt(a)).find(
    ({ member }) => member !== "n0",
  )?.member;
  cluster.connects = (_, to) => to !== silent;
  const cut = (await heldAt(a)).find(({ member }) => member === silent);
  expect(cut).toMatchObject({ holds: "unknown", reason: "no-answer" });
  cluster.connects = () => true;
  await a.delete("k");
  await until(async () =>
    (await heldAt(a)).every(({ holds }) => holds === "absent"),
  );
});

async function heldAt(node: ClusterNode) {
  const found = await node.holders("k");
  if (!found.ok) throw new Error(found.error.message);
  return found.value.holders;
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo()))
    await new Promise((resolve) => setTimeout(resolve, 5));
}
