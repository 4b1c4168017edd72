/** What is more than a node takes on is turned away at once, before it is read, and nothing else suffers from it. */
import { describe, expect, test } from "vitest";
import { ok } from "../../src/core/errors.ts";
import type { RingNode } from "../../src/node/api.ts";
import { appOf, settings } from "./stub-node.ts";

/** A node that answers nobody before `open` is called, and counts who asks. */
function heldNode() {
  const { promise, resolve: open } = Promise.withResolvers<void>();
  let askedCount = 0;
  const held = async <T>(value: T): Promise<T> => {
    askedCount++;
    await promise;
    return value;
  };
  const revision = { epoch: 1, counter: 2, proposer: "p" };
  const node: Partial<RingNode> = {
    get: () => held(ok(undefined)),
    put: () => held(ok({ revision, created: true })),
    handlePeer: () => held(ok(new Uint8Array(1))),
    peers: () => ["a"],
  };
  return { node, open, askedCount: () => askedCount };
}

const room = { requestsMax: 100, bodyBytesMax: 10_000 };
const octets = { "content-type": "application/octet-stream" };

/** A body whose length is told, as every real client does. */
const bodyOf = (byteCount: number) => ({
  body: new Uint8Array(byteCount),
  headers: { ...octets, "content-length": String(byteCount) },
});

async function expectOverloaded(response: Response): Promise<void> {
  expect(response.status).toBe(503);
  expect(response.headers.get("retry-after")).toBe("1");
  expect(await response.json()).toMatchObject({ code: "overloaded" });
}

async function untilAsked(count: () => number, wanted: number): Promise<void> {
  await expect.poll(count).toBe(wanted);
}

describe("requests", () => {
  test("for the headers of a stream alone take no room when they are answered", async () => {
    const node = {
      keys: async () => ok({ keys: ["a"], cursor: "more" }),
      get: async () => ok(undefined),
    };
    const clients = { ...room, requestsMax: 1 };
    const app = appOf(node, { load: { clients, peers: room } });
    const headers = { accept: "application/x-ndjson" };
    for (const url of ["/db", "/db?values=1", "/db?scope=ring"]) {
      const head = await app.request(url, { method: "HEAD", headers });
      expect([head.status, head.body]).toEqual([200, null]);
      expect(head.headers.get("content-type")).toBe("application/x-ndjson");
      await expect
        .poll(async () => (await app.request("/db/a")).status)
        .toBe(404);
    }
  });

  test("beyond the limit are turned away, until others have ended", async () => {
    const { node, open, askedCount } = heldNode();
    const clients = { ...room, requestsMax: 2 };
    const app = appOf(node, { load: { clients, peers: room } });
    const first = [app.request("/db/a"), app.request("/db/b")];
    await untilAsked(askedCount, 2);
    await expectOverloaded(await app.request("/db/c"));
    await expectOverloaded(await app.request("/db?key=c"));
    // What an operator asks, and what peers send, is another matter.
    expect((await app.request("/dht/peers")).status).toBe(200);
    const peer = app.request("/peer", { method: "POST", ...bodyOf(1) });
    await untilAsked(askedCount, 3);
    open();
    for (const response of await Promise.all(first))
      expect(response.status).toBe(404);
    expect((await peer).status).toBe(200);
    expect((await app.request("/db/c")).status).toBe(404);
  });

  test("of peers have a limit of their own", async () => {
    const { node, open, askedCount } = heldNode();
    const peers = { ...room, requestsMax: 1 };
    const app = appOf(node, { load: { clients: room, peers } });
    const send = () => app.request("/peer", { method: "POST", ...bodyOf(1) });
    const first = send();
    await untilAsked(askedCount, 1);
    await expectOverloaded(await send());
    const read = app.request("/db/a");
    open();
    expect((await first).status).toBe(200);
    expect((await read).status).toBe(404);
    expect((await send()).status).toBe(200);
  });

  test("that meet a defect, or are refused, leave their room to others", async () => {
    const clients = { ...room, requestsMax: 1 };
    const broken = { get: () => Promise.reject(new Error("x")) };
    const app = appOf(broken, { load: { clients, peers: room } });
    for (const status of [500, 500])
      expect((await app.request("/db/a")).status).toBe(status);
    for (const status of [400, 400])
      expect((await app.request("/db/a?what")).status).toBe(status);
  });
});

describe("bodies", () => {
  const clients = { ...room, bodyBytesMax: 1000 };
  const put = (byteCount: number) => ({ method: "PUT", ...bodyOf(byteCount) });

  test("that do not fit are turned away unread, and reads are not", async () => {
    const { node, open, askedCount } = heldNode();
    const app = appOf(node, { load: { clients, peers: room } });
    const first = app.request("/db/a", put(600));
    await untilAsked(askedCount, 1);
    await expectOverloaded(await app.request("/db/b", put(600)));
    const others = [app.request("/db/c", put(400)), app.request("/db/d")];
    await untilAsked(askedCount, 3);
    open();
    expect((await first).status).toBe(200);
    const statuses = (await Promise.all(others)).map(({ status }) => status);
    expect(statuses).toEqual([200, 404]);
    expect((await app.request("/db/b", put(600))).status).toBe(200);
  });

  test("larger than all the room come alone, and those of no length count as the largest", async () => {
    const { node, open, askedCount } = heldNode();
    const small = { ...room, bodyBytesMax: 10 };
    const app = appOf(node, { load: { clients: small, peers: room } });
    const first = app.request("/db/a", put(settings.valueBytesMax));
    await untilAsked(askedCount, 1);
    const unannounced = { method: "PUT", body: new Uint8Array(1) };
    await expectOverloaded(await app.request("/db/b", unannounced));
    open();
    expect((await first).status).toBe(200);
    expect((await app.request("/db/b", unannounced)).status).toBe(200);
  });

  test("beyond their own limit are refused as such, whatever they announce", async () => {
    const { node } = heldNode();
    const app = appOf(node, { load: { clients, peers: room } });
    for (let i = 0; i < 3; i++) {
      const large = put(settings.valueBytesMax + 1);
      expect((await app.request("/db/a", large)).status).toBe(413);
    }
  });
});
