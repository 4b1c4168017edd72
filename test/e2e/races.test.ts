/** Conditional writes that race: through three nodes, and through two coordinators with one of them held up in the middle. */
import { describe, expect, onTestFinished, test } from "vitest";
import { parseWalk } from "../../src/http/walk-header.ts";
import { startServer } from "../../src/runtime/nodejs.ts";
import type { RunningServer } from "../../src/runtime/server.ts";
import { openStore } from "../../src/store/open.ts";
import { quiet } from "../http/memory-node.ts";
import { answerOf, call, get, joinRing, keyPath, put } from "./calls.ts";
import { createHeldTransport, type Gate } from "./held-transport.ts";
import type { Reachable } from "./nodes.ts";
import { nodesForTest } from "./test-nodes.ts";
import { until } from "./until.ts";

const racers = Array.from({ length: 50 }, (_, at) => at);

function through<T>(nodes: readonly T[], at: number): T {
  const node = nodes[at % nodes.length];
  if (!node) throw new Error("no node");
  return node;
}

/**
 * Creates the key, if nobody did; gives the status. On a machine too busy to answer in time, the same create is asked
 * for again until its outcome is known: under its idempotency key it takes effect once.
 */
async function create(
  node: Reachable,
  key: string,
  body: string,
): Promise<number> {
  for (;;) {
    const status = await createOnce(node, key, body);
    if (status !== 503 && status !== 504) return status;
  }
}

async function createOnce(
  node: Reachable,
  key: string,
  body: string,
): Promise<number> {
  const response = await call(node, keyPath(key), {
    method: "PUT",
    headers: {
      "if-none-match": "*",
      "idempotency-key": `${key} by ${body}`.replaceAll(" ", "-"),
    },
    body,
  });
  await response.arrayBuffer();
  return response.status;
}

describe("through three nodes", () => {
  test("of 50 creates one wins, and everyone reads its value", async () => {
    const nodes = await (await nodesForTest()).startRing(["a", "b", "c"]);
    for (const key of ["first", "second", "third"]) {
      const statuses = await Promise.all(
        racers.map((at) => create(through(nodes, at), key, `racer ${at}`)),
      );
      await expectOneWinner(nodes, key, statuses);
    }
  });

  test("50 increments by If-Match are 50 in the end", async () => {
    const nodes = await (await nodesForTest()).startRing(["a", "b", "c"]);
    await put(through(nodes, 0), "counter", "[]");
    await Promise.all(
      racers.map((at) => increment(through(nodes, at), "counter", at)),
    );
    for (const node of nodes) {
      const counted = JSON.parse(
        await (await call(node, "/db/counter")).text(),
      );
      expect(counted.toSorted(ascending)).toEqual(racers);
    }
  });
});

const ascending = (a: number, b: number) => a - b;

/**
 * The counter's value lists who has incremented it, so that a write of unknown outcome (504, on a machine too busy to
 * answer in time) can be looked up.
 */
async function increment(
  node: Reachable,
  key: string,
  racer: number,
): Promise<void> {
  for (;;) {
    const read = await call(node, keyPath(key));
    const text = await read.text();
    if (read.status === 503) continue;
    const counted: number[] = JSON.parse(text);
    if (counted.includes(racer)) return;
    const written = await call(node, keyPath(key), {
      method: "PUT",
      headers: { "if-match": read.headers.get("etag") ?? "" },
      body: JSON.stringify([...counted, racer]),
    });
    const answer = await answerOf(written);
    if (written.status === 200) return;
    if (![412, 503, 504].includes(written.status)) throw new Error(answer);
  }
}

/** One racer was told that it won, all others that they lost, and the winner's value is there. */
async function expectOneWinner(
  nodes: readonly Reachable[],
  key: string,
  statuses: readonly number[],
): Promise<void> {
  expect(statuses.toSorted(ascending)).toEqual([
    200,
    ...Array(statuses.length - 1).fill(412),
  ]);
  for (const node of nodes)
    expect(await get(node, key)).toBe(`200 racer ${statuses.indexOf(200)}`);
}

describe("with the primary paused by the system at some moment of the race", () => {
  test("at most one create wins, and what is read is its value", async () => {
    const nodes = await (await nodesForTest()).startRing(["a", "b", "c"]);
    for (const round of [1, 2]) {
      const key = `round ${round}`;
      const primary = await primaryOf(nodes, key);
      const creates = racers
        .slice(0, 12)
        .map((at) => create(through(nodes, at), key, `racer ${at}`));
      // The race has begun as soon as one of them has an answer.
      await Promise.race(creates);
      await primary.pause();
      const others = nodes.filter((node) => node !== primary);
      const late = await Promise.all(
        others.map((node) => create(node, key, `late at ${node.name}`)),
      );
      primary.resume();
      const statuses = await Promise.all(creates);
      // The first answer was there before the pause, so the late ones came too late.
      expect(late).not.toContain(200);
      await expectOneWinner(nodes, key, statuses);
    }
  });
});

async function primaryOf<T extends Reachable>(
  nodes: readonly T[],
  key: string,
): Promise<T> {
  const response = await call(through(nodes, 0), keyPath(key), {
    headers: { "ringwalk-trace": "1" },
  });
  const walk = parseWalk(response.headers.get("ringwalk-walk") ?? "");
  const primary = nodes.find(({ name }) => name === walk?.members[0]);
  if (!primary) throw new Error("no primary");
  return primary;
}

interface HeldNode extends Reachable {
  readonly server: RunningServer;
  readonly gate: Gate;
}

/** A server whose messages can be held back, and which gives up waiting for a peer sooner than others do. */
async function startHeldNode(name: string): Promise<HeldNode> {
  const { transport, gate } = createHeldTransport();
  const server = await startServer({
    name,
    port: 0,
    transport,
    founding: { partitionCount: 8 },
    timing: { peerCallTimeoutMs: 1_000 },
    openStore: () => openStore({ kind: "memory" }),
    log: quiet,
  });
  onTestFinished(() => server.close());
  return { name, url: server.url, server, gate };
}

describe("with the primary held up between its prepare and its accepts", () => {
  test.each([
    { name: "answers others", isDeaf: false },
    { name: "is deaf to others", isDeaf: true },
  ])("one of two creates wins when it $name meanwhile", async ({ isDeaf }) => {
    const nodes = await Promise.all(["a", "b", "c"].map(startHeldNode));
    const founder = through(nodes, 0);
    for (const node of nodes.slice(1)) await joinRing(node, founder);
    for (const round of [1, 2, 3]) {
      const key = `key ${round}`;
      const primary = await primaryOf(nodes, key);
      const other = through(nodes, nodes.indexOf(primary) + 1);
      let isHeldUp = false;
      primary.gate.shut((_, { requests }) => {
        isHeldUp ||= requests.some(({ kind }) => kind === "accept");
        return isHeldUp;
      });
      const first = create(primary, key, "first");
      await until(() => isHeldUp, "the primary is between the two");
      if (isDeaf)
        for (const { gate } of nodes.filter((node) => node !== primary))
          gate.cut(primary.url);
      const second = await create(other, key, "second");
      for (const { gate } of nodes) gate.open();

      // The primary's own vote counts, when the second coordinator can hear of it.
      const statuses = [await first, second];
      expect(statuses.filter((status) => status === 200)).toHaveLength(1);
      const winner = ["first", "second"][statuses.indexOf(200)];
      for (const node of nodes)
        expect(await get(node, key)).toBe(`200 ${winner}`);
      if (isDeaf) expect(winner).toBe("second");
    }
  });
});
