/** The walk: with a key's primary dead or paused, every other node goes on to the key's next replica. */
import { expect, test } from "vitest";
import { parseWalk } from "../../src/http/walk-header.ts";
import type { Walk } from "../../src/node/api.ts";
import { run } from "../cli/processes.ts";
import {
  answerOf,
  type CallOptions,
  call,
  get,
  keyPath,
  put,
} from "./calls.ts";
import type { NodeProcess } from "./nodes.ts";
import { nodesForTest } from "./test-nodes.ts";
import { until } from "./until.ts";

const key = "a key to walk to";

test("a key is read and written through every other node with its primary killed, then paused", async () => {
  const nodes = await (await nodesForTest()).startRing(["a", "b", "c", "d"]);
  const [first] = nodes;
  if (!first) throw new Error("no node");
  await put(first, key, "0");

  const { members, replicaCount } = await walkOf(first);
  expect(members.toSorted()).toEqual(["a", "b", "c", "d"]);
  expect(replicaCount).toBe(3);
  const primary = nodes.find(({ name }) => name === members[0]);
  if (!primary) throw new Error("no primary");
  const others = nodes.filter((node) => node !== primary);
  // It keeps no replica of the key, so all of its steps are fetches.
  const outsider = nodes.find(({ name }) => name === members[3]);
  if (!outsider) throw new Error("every node has a replica");

  await primary.kill();
  await expectDetour(outsider, others);
  await readAndWriteThrough(others, "killed");

  await primary.restart();
  await untilPrimaryAnswers(primary, others);
  await primary.pause();
  await expectDetour(outsider, others);
  await readAndWriteThrough(others, "paused");
  const [last] = others.slice(-1);
  primary.resume();
  expect(await get(primary, key)).toBe(`200 paused ${last?.name}`);
});

/** The walk that a node tells in the header of its answer. */
async function walkOf(
  node: NodeProcess,
  request: Pick<CallOptions, "method" | "body"> = {},
): Promise<Walk> {
  const response = await call(node, keyPath(key), {
    ...request,
    headers: { "ringwalk-trace": "1" },
  });
  expect(response.status).toBe(200);
  const walk = parseWalk(response.headers.get("ringwalk-walk") ?? "");
  if (!walk) throw new Error(`no walk with ${await answerOf(response)}`);
  return walk;
}

/**
 * Nobody knows yet that the primary is gone. The node without a replica finds out by a step that fails, and takes the
 * next; the others write at the same time.
 */
async function expectDetour(
  outsider: NodeProcess,
  others: readonly NodeProcess[],
): Promise<void> {
  const [{ members, steps }] = await Promise.all([
    walkOf(outsider, { method: "PUT", body: "detour" }),
    ...others.map((node) => put(node, key, "detour")),
  ]);
  const [first, ...rest] = steps;
  expect(first).toEqual({
    member: members[0],
    request: "execute",
    outcome: "unreachable",
  });
  expect(rest.at(-1)).toMatchObject({
    request: "execute",
    outcome: "committed",
  });
}

async function readAndWriteThrough(
  others: readonly NodeProcess[],
  state: string,
): Promise<void> {
  for (const node of others) {
    await put(node, key, `${state} ${node.name}`);
    for (const other of others)
      expect(await get(other, key)).toBe(`200 ${state} ${node.name}`);
  }
  for (const node of others) await expectTrace(node);
}

/** The command shows the steps that the header tells. */
async function expectTrace(node: NodeProcess): Promise<void> {
  const { members, steps } = await walkOf(node);
  expect(steps.length).toBeGreaterThan(0);
  for (const { member } of steps) expect(members).toContain(member);
  const traced = await run(["get", "--trace", key, "--node", node.url]);
  expect(traced.code).toBe(0);
  const [partition, ...lines] = traced.stderr.trimEnd().split("\n");
  expect(partition).toMatch(
    new RegExp(
      `^partition \\d+: ${members.slice(0, 3).join(", ")} \\(then ${members[3]}\\)$`,
    ),
  );
  expect(lines.length).toBeGreaterThan(0);
  for (const [at, line] of lines.entries())
    expect(line).toMatch(new RegExp(`^  ${at + 1}\\. [a-z]+ at [abcd]: \\S`));
}

/** Others find out that it answers again by calling it, a little later. */
async function untilPrimaryAnswers(
  primary: NodeProcess,
  others: readonly NodeProcess[],
): Promise<void> {
  for (const node of others)
    await until(async () => {
      await put(node, key, "back");
      const { steps } = await walkOf(node);
      return steps.some(
        ({ member, outcome }) => member === primary.name && outcome === "state",
      );
    }, `${node.name} reads from ${primary.name} again`);
}
