/** The client's operations (join, set, get, remove) over processes, with values of every kind that a structured clone takes. */
import { expect, test } from "vitest";
import { createClient } from "../../src/client/client.ts";
import { peersAt } from "./calls.ts";
import type { NodeProcess } from "./nodes.ts";
import { expectPeers } from "./seed-scenarios.ts";
import { nodesForTest } from "./test-nodes.ts";

function cyclic(): unknown {
  const cycle: { name: string; self?: unknown; list: unknown[] } = {
    name: "cycle",
    list: [],
  };
  cycle.self = cycle;
  cycle.list.push(cycle, cycle.list);
  return cycle;
}

const values: Readonly<Record<string, unknown>> = {
  undefined: undefined,
  null: null,
  true: true,
  "not a number": Number.NaN,
  "minus zero": -0,
  infinity: Number.POSITIVE_INFINITY,
  bigint: -(2n ** 200n),
  "empty text": "",
  text: "ünï\u0000\ud800\r\n",
  date: new Date(1e12),
  "regular expression": /a\/b</giu,
  map: new Map<unknown, unknown>([
    ["key", new Set([1, "1"])],
    [new Date(0), null],
  ]),
  set: new Set([new Map(), undefined]),
  "sparse array": Object.assign(new Array(5), { 1: "x" }),
  object: { nested: { list: [1, [2, [3]]] }, "a key.with/signs": undefined },
  "boxed number": Object(1),
  error: new TypeError("wrong", { cause: new RangeError("cause") }),
  bytes: new Uint8Array([0, 13, 10, 255]),
  buffer: new Uint8Array([1, 2, 3]).buffer,
  floats: new Float64Array([1.5, Number.NaN, -0]),
  bigints: new BigInt64Array([-1n, 2n ** 62n]),
  view: new DataView(new Uint8Array([9, 8]).buffer),
  cycle: cyclic(),
};

test.each([1, 3])(
  "nodes join and are removed while every kind of value stays, with %i replicas",
  async (replicas) => {
    const nodes = await nodesForTest({ replicas });
    const [a, b, c] = (await Promise.all(
      ["a", "b", "c"].map((name) => nodes.start(name)),
    )) as [NodeProcess, NodeProcess, NodeProcess];
    const client = createClient();
    for (const node of [a, b, c]) await client.join(node.url);
    expect(client.nodes()).toEqual([a.url, b.url, c.url]);
    await expectPeers([a, b, c]);

    for (const [key, value] of Object.entries(values))
      await client.set(key, value);
    const blob = new Blob(["in a blob"], { type: "text/plain" });
    await client.set("blob", blob);

    async function expectAllThrough(urls: readonly string[]): Promise<void> {
      for (const url of urls) {
        const one = createClient({ nodes: [url] });
        for (const [key, value] of Object.entries(values)) {
          expect(await one.has(key)).toBe(true);
          expect(await one.get(key)).toStrictEqual(value);
        }
        expect(await (await one.get<Blob>("blob"))?.text()).toBe("in a blob");
        expect(await one.get("missing")).toBeUndefined();
      }
    }
    await expectAllThrough([a.url, b.url, c.url]);

    expect(await client.remove(b.url)).toMatchObject({ isComplete: true });
    expect(client.nodes()).toEqual([a.url, c.url]);
    expect(await peersAt(b)).toEqual(["b"]);
    await expectPeers([a, c]);
    // The node that left is no help: what it had is on the others.
    await b.kill();
    await expectAllThrough([a.url, c.url]);

    await b.restart();
    await client.join(b.url);
    await expectPeers([a, b, c]);
    await expectAllThrough([b.url]);
    if (replicas === 3) {
      await c.kill();
      await client.remove(c.url, { force: true });
      await expectPeers([a, b]);
      await expectAllThrough([a.url, b.url]);
    }
    await client.delete("text");
    expect(await client.has("text")).toBe(false);
  },
);
