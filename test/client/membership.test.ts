/** The Simplified DHT: a client that starts with no node, and nodes that it adds and takes away. */
import { beforeEach, describe, expect, test } from "vitest";
import { createClient } from "../../src/client/client.ts";
import { createFakeRing, type FakeRing } from "./fake-ring.ts";

const [a, b, c] = [
  "http://127.0.0.1:8000",
  "http://127.0.0.1:8001",
  "http://127.0.0.1:8002",
] as const;

let ring: FakeRing;
beforeEach(() => {
  ring = createFakeRing([a, b, c]);
});

function newClient() {
  return createClient({ fetch: ring.fetch });
}

describe("join", () => {
  test("the first node makes the ring, each further one is told to join it", async () => {
    const client = newClient();
    // Not one after the other: the client sees to that.
    await Promise.all([client.join(a), client.join(b), client.join(c)]);
    expect(client.nodes()).toEqual([a, b, c]);
    expect(ring.membersOf(c)).toEqual([a, b, c]);
    await client.set("k", new Map([[1, new Date(0)]]));
    for (const node of [a, b, c]) {
      const other = createClient({ nodes: [node], fetch: ring.fetch });
      expect(await other.get("k")).toEqual(new Map([[1, new Date(0)]]));
    }
  });

  test("joining twice changes nothing", async () => {
    const client = newClient();
    await client.join(a);
    await client.join(b);
    await client.join(`${b}/`);
    await client.join(a);
    expect(client.nodes()).toEqual([a, b]);
    expect(ring.membersOf(a)).toEqual([a, b]);
  });

  test("a node that is not there is not added", async () => {
    const client = newClient();
    ring.fault(a, "refused");
    await expect(client.join(a)).rejects.toMatchObject({ code: "unreachable" });
    expect(client.nodes()).toEqual([]);
    await client.join(b);
    await expect(client.join(a)).rejects.toMatchObject({ code: "unreachable" });
    expect(client.nodes()).toEqual([b]);
  });

  test("something that is no node is not added", async () => {
    ring.fault(a, "foreign-404");
    await expect(newClient().join(a)).rejects.toThrow(/not a ringwalk node/);
  });
});

describe("remove", () => {
  async function clientOfThree() {
    const client = newClient();
    for (const node of [a, b, c]) await client.join(node);
    return client;
  }

  test("a living node leaves, and is asked no more", async () => {
    const client = await clientOfThree();
    const report = await client.remove(b);
    expect(report).toMatchObject({ isComplete: true });
    expect(client.nodes()).toEqual([a, c]);
    expect(ring.membersOf(a)).toEqual([a, c]);
    expect(ring.membersOf(b)).toEqual([b]);
  });

  test("a node that cannot be reached stays, unless it is said to be dead", async () => {
    const client = await clientOfThree();
    ring.fault(b, "refused");
    await expect(client.remove(b)).rejects.toMatchObject({
      code: "unreachable",
    });
    expect(client.nodes()).toContain(b);
    await client.remove(b, { force: true });
    expect(client.nodes()).toEqual([a, c]);
    expect(ring.membersOf(a)).toEqual([a, c]);
  });

  test("a node whose leave was not answered is asked no more: it may serve a ring of its own", async () => {
    const client = await clientOfThree();
    ring.fault(b, "lost-answer", 1);
    await expect(client.remove(b)).rejects.toMatchObject({
      code: "outcome_unknown",
    });
    expect(client.nodes()).toEqual([a, c]);
    await client.remove(b);
  });

  test("loss has to be accepted by name", async () => {
    const client = await clientOfThree();
    await client.remove(c);
    ring.fault(b, "refused");
    await expect(client.remove(b, { force: true })).rejects.toMatchObject({
      code: "no_quorum",
    });
    await client.remove(b, { force: true, acceptLoss: true });
    expect(ring.membersOf(a)).toEqual([a]);
  });

  test("an unknown dead node is named, with those that are known", async () => {
    const client = await clientOfThree();
    const removal = client.remove("http://127.0.0.1:9999", { force: true });
    await expect(removal).rejects.toMatchObject({ code: "member_unknown" });
    await expect(removal).rejects.toThrow(b);
    expect(client.nodes()).toEqual([a, b, c]);
  });
});

describe("set and get", () => {
  test("an undefined value is there, a missing one is not", async () => {
    const client = newClient();
    await client.join(a);
    await client.set("k", undefined);
    expect(await client.get("k")).toBeUndefined();
    expect(await client.has("k")).toBe(true);
    expect(await client.getEntry("k")).toMatchObject({ value: undefined });
    expect(await client.getEntry("none")).toBeUndefined();
    expect(await client.get("none")).toBeUndefined();
  });

  test("a value is updated by whoever read it last", async () => {
    const client = newClient();
    await client.join(a);
    await client.set("count", { n: 1 });
    const entry = await client.getEntry<{ n: number }>("count");
    await client.set(
      "count",
      { n: (entry?.value.n ?? 0) + 1 },
      { ifMatch: entry?.revision ?? "" },
    );
    expect(await client.get("count")).toEqual({ n: 2 });
    const late = client.set(
      "count",
      { n: 9 },
      { ifMatch: entry?.revision ?? "" },
    );
    await expect(late).rejects.toMatchObject({ code: "condition_failed" });
  });
});
