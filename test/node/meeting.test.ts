/** Whether a node may join the ring that it meets: what speaks against it, by the codes that tell it. */
import { afterEach, expect, test } from "vitest";
import { encodeGreeting } from "../../src/core/greeting-codec.ts";
import type { Greeting } from "../../src/core/message.ts";
import { greetFirst, unfitReason } from "../../src/node/meeting.ts";
import type { Transport } from "../../src/ports.ts";
import { type Cluster, createCluster } from "./cluster.ts";

let cluster: Cluster | undefined;
afterEach(() => cluster?.close());

const self = {
  name: "b",
  url: "http://b",
  weight: 1,
  guarantee: "durable",
  versions: [1, 1],
} as const;

/** What the node `a` says of itself and its ring, with some of it said otherwise. */
async function greetingWith(more: Partial<Greeting>): Promise<Greeting> {
  cluster = createCluster();
  const node = await cluster.start("a");
  return { ...node.greeting(), ...more };
}

/** Greets a node that answers so, as a joiner does. */
async function met(greeting: Greeting): Promise<Greeting> {
  const transport: Transport = {
    call: () => Promise.reject(new Error("nobody is called")),
    hello: async () => ({ kind: "answer", body: encodeGreeting(greeting) }),
  };
  const found = await greetFirst({ transport, self, callTimeoutMs: 1 }, [
    "http://a",
  ]);
  if (!found.ok) throw new Error(found.error.message);
  return found.value;
}

test.each<[readonly [number, number], RegExp]>([
  [[2, 4], /ring speaks protocol versions 2 to 4, this node 1: upgrade/],
  [[0, 0], /ring speaks protocol versions 0 to 0, this node 1: upgrade/],
])("a ring of the versions %j is not joined", async (versions, message) => {
  const greeting = await met(await greetingWith({ versions }));
  expect(unfitReason(greeting, self, { urls: [] }, "new")?.error).toEqual({
    code: "version_unsupported",
    message: expect.stringMatching(message),
  });
});

test("a ring that speaks this version among others is joined", async () => {
  const greeting = await met(await greetingWith({ versions: [1, 3] }));
  expect(unfitReason(greeting, self, { urls: [] }, "new")).toBeUndefined();
});

test("a store that may answer what is over joins no linearizable ring", async () => {
  const greeting = await met(await greetingWith({}));
  const eventual = { ...self, guarantee: "eventual" } as const;
  expect(unfitReason(greeting, eventual, { urls: [] }, "new")?.error).toEqual({
    code: "join_store_unfit",
    message: expect.stringMatching(/use sqlite, fs or memory/),
  });
});

test("a join to a ring of other versions changes nothing", async () => {
  const greeting = await greetingWith({ versions: [2, 2] });
  const node = await cluster?.start("b", {
    hello: () => encodeGreeting(greeting),
  });
  expect(await node?.join({ urls: ["http://a"] })).toMatchObject({
    ok: false,
    error: { code: "version_unsupported" },
  });
  expect(node?.status()).toMatchObject({ activity: "none", epoch: 1 });
  expect(await node?.put("k", new Uint8Array(1))).toMatchObject({ ok: true });
});
