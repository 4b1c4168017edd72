/** Every operation of the OpenAPI document, with its examples, at a real ring of three: each answer is a described one. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeGreeting } from "../../src/core/greeting-codec.ts";
import { encodeBatch } from "../../src/core/message-codec.ts";
import { startServer } from "../../src/runtime/nodejs.ts";
import type { RunningServer } from "../../src/runtime/server.ts";
import { openStore } from "../../src/store/open.ts";
import { describedOperations } from "../suite/api-description.ts";
import {
  type Change,
  type Fetch,
  type Sent,
  sendExample,
} from "../suite/api-request.ts";

const secret = "correct-horse-battery-staple";
const servers: RunningServer[] = [];
const all: Sent[] = [];

beforeAll(async () => {
  for (const name of ["node-8000", "node-8001", "node-8002"])
    servers.push(
      await startServer({
        name,
        port: 0,
        secret,
        openStore: () => openStore({ kind: "memory" }),
        founding: { partitionCount: 32 },
      }),
    );
});
afterAll(async () => {
  for (const server of servers) await server.close();
});

/** Bodies name the first node as the examples do. */
function fetchAt(at: number): Fetch {
  return (target, { body, headers, ...init }) => {
    const text =
      typeof body === "string"
        ? body.replaceAll("127.0.0.1:8000", new URL(servers[0]?.url ?? "").host)
        : body;
    return fetch((servers[at]?.url ?? "") + target, {
      ...init,
      ...(text != null && { body: text }),
      headers: { authorization: `Bearer ${secret}`, ...headers },
    });
  };
}

/** At the first node unless told otherwise; the answer has the expected status, and is a described one. */
async function send(
  id: string,
  status: number,
  { at = 0, ...change }: Change & { readonly at?: number } = {},
): Promise<Sent> {
  const sent = await sendExample(fetchAt(at), id, change);
  expect({
    faults: sent.faults,
    status: sent.reply.status,
    text: sent.reply.text,
  }).toMatchObject({ faults: [], status });
  all.push(sent);
  return sent;
}

const accept = (type: string) => ({ headers: { accept: type } });

test("members", async () => {
  await send("join", 200, { at: 1 });
  await send("joinByPut", 200, {
    at: 2,
    media: "text/plain",
    example: "place",
  });
  await send("join", 200, { at: 2, media: "text/plain" });
  await send("replace", 200, { at: 2 });
  await send("listPeers", 200);
  await send("listPeersHead", 200);
  await send("readStatus", 200);
  await send("readStatusHead", 200);
  await send("add", 200, { at: 1 });
  await send("listHolders", 200, { query: { key: "nothing" } });
  await send("listHoldersHead", 200, { query: { key: "nothing" } });
  const live = await send("readStatus", 200, accept("text/event-stream"));
  expect(live.reply.text).toMatch(
    /^retry: .*\n\nevent: table\n.*\n\nevent: status\n/,
  );
  await send("changeSettings", 200);
  await send("changeSettings", 200, { example: "weight" });
});

test("the node and its peers", async () => {
  for (const id of [
    "welcome",
    "readDescription",
    "readHealth",
    "readReadiness",
    "readMetrics",
  ]) {
    await send(id, 200);
    await send(`${id}Head`, 200);
  }
  const { reply } = await send("welcome", 200, accept("text/html"));
  const headers = { "if-none-match": reply.headers.get("etag") ?? "" };
  await send("welcome", 304, {
    headers: { accept: "text/html", ...headers },
  });
  await send("welcomeHead", 304, {
    headers: { accept: "text/html", ...headers },
  });
  const [first] = servers;
  const octets = { headers: { "content-type": "application/octet-stream" } };
  await send("greet", 200, octets);
  const greeted = await fetchAt(0)("/peer/hello", {
    method: "POST",
    ...octets,
  });
  const greeting = decodeGreeting(new Uint8Array(await greeted.arrayBuffer()));
  if (!first || !greeting) throw new Error("no greeting");
  const {
    layout: { ringId, epoch },
    self,
  } = greeting;
  const body = encodeBatch({
    ringId,
    epoch,
    to: self.id,
    requests: [{ kind: "ping" }],
  });
  await send("exchange", 200, { ...octets, body });
});

test("tokens", async () => {
  await send("createToken", 201);
  const { reply } = await send("createToken", 201, { example: "day" });
  await send("listTokens", 200);
  await send("listTokensHead", 200);
  await send("revokeToken", 200, { path: { id: JSON.parse(reply.text).id } });
  await send("revokeToken", 200);
});

test("a key", async () => {
  const headers = {
    "ringwalk-metadata": '{"owner":"ada"}',
    "idempotency-key": "order-7",
    "ringwalk-trace": "1",
  };
  await send("writeKeyByPost", 200, { query: { ttl: "60" }, headers });
  const { reply } = await send("writeKey", 200, {
    query: { ttl: "60" },
    headers,
  });
  expect([...reply.headers.keys()]).toEqual(
    expect.arrayContaining(["etag", "ringwalk-walk"]),
  );
  const etag =
    (
      await send("readKey", 200, { headers: { "ringwalk-trace": "1" } })
    ).reply.headers.get("etag") ?? "";
  await send("readKeyHead", 200);
  for (const id of ["readKey", "readKeyHead"]) {
    await send(id, 304, { headers: { "if-none-match": etag } });
    await send(id, 404, { path: { key: "nothing" } });
  }
  const changed = await send("readKey", 200, accept("text/event-stream"));
  expect(changed.reply.text).toContain("event: value");
  const absent = await send("readKey", 200, {
    ...accept("text/event-stream"),
    path: { key: "nothing" },
  });
  expect(absent.reply.text).toContain("event: absent");
  await send("changeKey", 200, { path: { key: "visits" } });
  await send("changeKey", 200, { example: "touch" });
  await send("changeKey", 200, { example: "forever" });
  await send("deleteKey", 200, { headers: { "if-match": "*" } });
});

test("many keys", async () => {
  const query = { key: ".." };
  const { reply: bulk } = await send("runOperations", 200);
  expect(bulk.text.match(/"status":\d+/g)).toEqual(
    Array(6).fill('"status":200'),
  );
  await send("runOperations", 200, { query, media: "*/*" });
  await send("writeKeyInQuery", 200, { query: { ...query, ttl: "60" } });
  const { reply } = await send("listKeys", 200, {
    query: { ...query, consistency: "eventual" },
  });
  const headers = { "if-none-match": reply.headers.get("etag") ?? "" };
  await send("listKeysHead", 200);
  for (const id of ["listKeys", "listKeysHead"]) {
    await send(id, 304, { query, headers });
    await send(id, 404, { query: { key: "nothing" } });
  }
  await send("listKeys", 200, { query, ...accept("text/event-stream") });
  await send("listKeys", 200, { query: { scope: "ring", prefix: "v" } });
  const { cursor } = JSON.parse(
    (
      await send("listKeys", 200, {
        query: { scope: "ring", limit: "1" },
        ...accept("application/json"),
      })
    ).reply.text,
  );
  const ndjson = accept("application/x-ndjson");
  await send("listKeys", 200, { query: { scope: "ring", cursor }, ...ndjson });
  const lines = await send("listKeys", 200, {
    query: { scope: "ring", values: "1" },
    ...ndjson,
  });
  expect(lines.reply.text).toMatch(/"ttl".*\n(.*\n)*\{"end":true\}\n$/);
  await send("changeKeyInQuery", 200, { query, example: "touch" });
  await send("changeKeyInQuery", 200, { query: { key: "visits" } });
  await send("deleteKeyInQuery", 200, { query });
});

test("items", async () => {
  const raw = accept("application/octet-stream");
  await send("setItem", 200, { headers: { "x-ttl": "60" } });
  const { reply } = await send("getItem", 200);
  const headers = { "if-none-match": reply.headers.get("etag") ?? "" };
  await send("getItem", 200, raw);
  await send("getItemHead", 200);
  for (const id of ["getItem", "getItemHead"]) {
    await send(id, 304, { headers });
    await send(id, 404, { path: { item: "nothing" } });
    await send(id, 204, { path: { item: "nothing" }, ...raw });
  }
  await send("listItems", 200);
  await send("listAllItems", 200);
  await send("removeItem", 200);
  await send("clearItems", 200);
  await send("clearAllItems", 200);
});

test("members that go", async () => {
  await send("leaveByGet", 200, { at: 2 });
  await send("joinByPut", 200, { at: 2 });
  await send("remove", 200);
  await send("remove", 404, { example: "force" });
  await send("join", 200, { at: 2 });
  await send("leave", 202, { at: 2, query: { wait: "0" } });
});

describe("that was everything that the document has:", () => {
  const isDone = (status: string) => Number(status) < 400;

  test("every answer that is no problem", () => {
    const met = all.map(
      ({ operation, reply }) => `${operation.id} ${reply.status}`,
    );
    const told = describedOperations.flatMap(({ id, responses }) =>
      Object.keys(responses)
        .filter(isDone)
        .map((status) => `${id} ${status}`),
    );
    // All of these end alike, and one of each kind was met.
    const alike =
      /^(join|joinByPut|replace|add|leaveByGet|remove|changeSettings) 202$|^leave 200$/;
    expect(
      told.filter((each) => !met.includes(each) && !alike.test(each)),
    ).toEqual([]);
  });

  test("every media type", () => {
    const met = all.map(({ operation, reply }) => {
      const type = reply.headers.get("content-type") ?? "";
      return `${operation.id} ${type.replace(/;.*/, "")}`;
    });
    const told = describedOperations
      .filter(({ method }) => method !== "HEAD")
      .flatMap(({ id, responses }) =>
        Object.entries(responses)
          .filter(([status]) => isDone(status))
          .flatMap(([, { content = {} }]) => Object.keys(content))
          // The value was stored as it was sent.
          .map((type) => `${id} ${type === "*/*" ? "text/plain" : type}`),
      );
    expect(told.filter((each) => !met.includes(each))).toEqual([]);
  });

  test("every example", () => {
    const met = all.map(({ example }) => example);
    const told = describedOperations.flatMap(({ body }) =>
      Object.entries(body).flatMap(([media, { examples = {} }]) =>
        media === "application/x-ndjson"
          ? [`${media}: all`]
          : Object.keys(examples).map((name) => `${media}: ${name}`),
      ),
    );
    expect(told.filter((each) => !met.includes(each))).toEqual([]);
  });
});
