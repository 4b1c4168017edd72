/** What the seed systems do, step by step: keys on one node, joins, an even spread, and a node that leaves and returns. */
import { expect } from "vitest";
import {
  del,
  get,
  joinRing,
  keysAt,
  leaveRing,
  peersAt,
  putAll,
  wrongReads,
} from "./calls.ts";
import { each } from "./each.ts";
import type { Reachable } from "./nodes.ts";

/** One of them, chosen anew at each call. */
export function anyOf<T>(items: readonly T[]): T {
  const item = items[Math.floor(Math.random() * items.length)];
  if (item === undefined) throw new Error("there is none to choose from");
  return item;
}

/** Keys with a value each; no two keys have the same value. */
export function valuesOf(prefix: string, count: number): Map<string, string> {
  const names = Array.from({ length: count }, (_, at) => `${prefix}${at}`);
  return new Map(names.map((name) => [name, `value of ${name}`]));
}

/** (a) One node by itself: what it answers, and what it lists. */
export async function serveAlone(
  node: Reachable,
  missing: "404 " | "200 ",
): Promise<void> {
  expect(await get(node, "missing")).toBe(missing);
  expect(await del(node, "missing")).toBe("200 ");
  const values = valuesOf("key ", 100);
  await putAll(values, () => node);
  expect(await wrongReads([node], values)).toEqual([]);
  const keys = [...values.keys()];
  const gone = keys.filter((_, at) => at % 2 === 0);
  await each(gone, 8, async (key) => {
    expect(await del(node, key)).toBe("200 ");
    values.delete(key);
  });
  for (const key of gone) expect(await get(node, key)).toBe(missing);
  expect(await wrongReads([node], values)).toEqual([]);
  expect((await keysAt(node)).sort()).toEqual([...values.keys()].sort());
  expect(await peersAt(node)).toEqual([node.name]);
  for (const key of values.keys()) expect(await del(node, key)).toBe("200 ");
  expect(await keysAt(node)).toEqual([]);
}

/** (b) Nodes that hold keys of their own join one after another; gives all keys, with their values. */
export async function joinInTurn(
  nodes: readonly Reachable[],
  keysOfEach: number,
): Promise<Map<string, string>> {
  const own = (node: Reachable) => valuesOf(`${node.name}/`, keysOfEach);
  for (const node of nodes) await putAll(own(node), () => node);
  const served = new Map<string, string>();
  for (const [at, node] of nodes.entries()) {
    if (at > 0) await joinRing(node, anyOf(nodes.slice(0, at)));
    for (const [key, value] of own(node)) served.set(key, value);
    const members = nodes.slice(0, at + 1);
    expect(await wrongReads(members, served)).toEqual([]);
  }
  await expectPeers(nodes);
  await expectSplit(nodes, served);
  return served;
}

/** (c) Keys put through any of the nodes are spread over all of them; gives the number of keys of each. */
export async function spreadOver(
  nodes: readonly Reachable[],
  values: ReadonlyMap<string, string>,
): Promise<number[]> {
  await putAll(values, () => anyOf(nodes));
  return expectSplit(nodes, values);
}

/** (d) A node leaves with the keys that it listed, the others have all of them; then it comes back. */
export async function leaveAndReturn(
  nodes: readonly Reachable[],
  values: ReadonlyMap<string, string>,
  missing: "404 " | "200 ",
): Promise<void> {
  const leaver = anyOf(nodes);
  const others = nodes.filter((node) => node !== leaver);
  const listed = (await keysAt(leaver)).sort();
  await leaveRing(leaver);
  await expectPeers(others);
  expect(await wrongReads(others, values)).toEqual([]);
  await expectSplit(others, values);

  expect(await peersAt(leaver)).toEqual([leaver.name]);
  expect((await keysAt(leaver)).sort()).toEqual(listed);
  const kept = new Set(listed);
  await each([...values], 16, async ([key, value]) =>
    expect(await get(leaver, key)).toBe(
      kept.has(key) ? `200 ${value}` : missing,
    ),
  );

  await joinRing(leaver, anyOf(others));
  await expectPeers(nodes);
  expect(await wrongReads(nodes, values)).toEqual([]);
  await expectSplit(nodes, values);
}

/** Every node lists all of them, itself first. */
export async function expectPeers(nodes: readonly Reachable[]): Promise<void> {
  const names = nodes.map(({ name }) => name).sort();
  for (const node of nodes) {
    const peers = await peersAt(node);
    expect(peers[0]).toBe(node.name);
    expect(peers.sort()).toEqual(names);
  }
}

/** The nodes' lists are disjoint, and together they are the keys; gives the length of each. */
export async function expectSplit(
  nodes: readonly Reachable[],
  values: ReadonlyMap<string, string>,
): Promise<number[]> {
  const lists = await Promise.all(nodes.map(keysAt));
  // A key that two nodes list is there twice.
  expect(lists.flat().sort()).toEqual([...values.keys()].sort());
  return lists.map((list) => list.length);
}
