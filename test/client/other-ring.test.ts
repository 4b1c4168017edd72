/** A client stays with its ring: a node that went to another one is set aside, and followed only where the keys went along. */
import { beforeEach, expect, test } from "vitest";
import { createByteClient } from "../../src/client/byte-client.ts";
import { WrongRingError } from "../../src/client/errors.ts";
import { createFakeRing, type FakeRing } from "./fake-ring.ts";

const [a, b, c] = [
  "http://127.0.0.1:8000",
  "http://127.0.0.1:8001",
  "http://127.0.0.1:8002",
] as const;
const bytes = new TextEncoder().encode("value");

let ring: FakeRing;
beforeEach(() => {
  ring = createFakeRing([a, b, c]);
});

const clientOf = (...nodes: string[]) =>
  createByteClient({ nodes, fetch: ring.fetch, timeoutMs: 2_000 });

/** Somebody else tells the node to join, or to leave. */
const tell = (node: string, path: string, urls?: readonly string[]) =>
  ring.fetch(`${node}/dht/${path}`, {
    method: "POST",
    ...(urls && { body: JSON.stringify({ urls }) }),
  });

test("a node that left is set aside: it is not believed, and takes no write", async () => {
  for (const node of [b, c]) await tell(node, "join", [a]);
  const client = clientOf(a, b, c);
  await client.putBytes("k", bytes);
  await tell(c, "leave");
  for (let at = 0; at < 12; at++) {
    expect((await client.getBytes("k"))?.bytes).toEqual(bytes);
    await client.putBytes(`new ${at}`, bytes);
  }
  const alone = clientOf(c);
  for (let at = 0; at < 12; at++)
    expect(await alone.has(`new ${at}`)).toBe(false);
});

test("when no node of its ring answers, one of another ring is no help", async () => {
  for (const node of [b, c]) await tell(node, "join", [a]);
  const client = clientOf(a, b, c);
  await client.putBytes("k", bytes);
  await tell(c, "leave");
  for (const node of [a, b]) ring.fault(node, "refused");
  await expect(client.getBytes("k")).rejects.toMatchObject({
    code: "unreachable",
    message: expect.stringMatching(/ECONNREFUSED|another ring/),
  });
  for (const node of [a, b]) ring.fault(node, "none");
  expect((await client.getBytes("k"))?.bytes).toEqual(bytes);
});

test("the only node has left: the error says so, and nothing was written", async () => {
  await tell(b, "join", [a]);
  const client = clientOf(b);
  await client.putBytes("k", bytes);
  await tell(b, "leave");
  const error = await client.putBytes("k2", bytes).catch((error) => error);
  expect(error).toBeInstanceOf(WrongRingError);
  expect(error).toMatchObject({ code: "wrong_ring" });
  expect(ring.writesOf("k2")).toBe(0);
  // Once it is back in the ring, so is the client.
  await tell(b, "join", [a]);
  expect((await client.getBytes("k"))?.bytes).toEqual(bytes);
});

test("the only node has joined another ring: its keys went along, and so does the client", async () => {
  const client = clientOf(b);
  await client.putBytes("own", bytes);
  await tell(b, "join", [a]);
  await client.putBytes("k", bytes);
  expect((await clientOf(a).getBytes("k"))?.bytes).toEqual(bytes);
  expect(ring.requests.filter((each) => each === `PUT ${b}`)).toHaveLength(2);
});

test("one of several has joined another ring: the client goes along with the keys", async () => {
  const client = createByteClient({
    nodes: [b, c],
    policy: "sticky",
    fetch: ring.fetch,
  });
  await client.putBytes("own", bytes);
  await tell(b, "join", [a]);
  await tell(c, "join", [a]);
  await client.putBytes("k", bytes);
  ring.fault(b, "refused");
  expect((await client.getBytes("k"))?.bytes).toEqual(bytes);
});

test("all nodes are in one other ring, which none of them left the client's for: the client goes along", async () => {
  const client = clientOf(b);
  await client.putBytes("own", bytes);
  // Two rings on: the node itself remembers only where it came from last.
  await tell(b, "join", [a]);
  await tell(b, "leave");
  await tell(b, "join", [c]);
  await client.putBytes("k", bytes);
  expect((await clientOf(c).getBytes("k"))?.bytes).toEqual(bytes);
});

test("nodes in different rings are not chosen from", async () => {
  const client = clientOf(b, c);
  await client.putBytes("k", bytes);
  await tell(b, "join", [a]);
  await tell(b, "leave");
  await tell(c, "join", [a]);
  await tell(c, "leave");
  await expect(client.getBytes("k")).rejects.toBeInstanceOf(WrongRingError);
});
