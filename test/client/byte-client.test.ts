/** Operations on bytes, listings and conditions, against the HTTP app. */
import { beforeEach, describe, expect, test } from "vitest";
import type { ByteClient } from "../../src/client/api.ts";
import { createByteClient } from "../../src/client/byte-client.ts";
import {
  ConditionFailedError,
  RingwalkError,
} from "../../src/client/errors.ts";
import { createFakeRing } from "./fake-ring.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const node = "http://127.0.0.1:8000";

let client: ByteClient;
beforeEach(() => {
  const { fetch } = createFakeRing([node]);
  client = createByteClient({ nodes: [node], fetch });
});

describe("one key", () => {
  test("is missing, then there, then missing again", async () => {
    expect(await client.getBytes("a")).toBeUndefined();
    expect(await client.has("a")).toBe(false);
    const { revision } = await client.putBytes("a", bytesOf("one"));
    expect(await client.getBytes("a")).toEqual({
      bytes: bytesOf("one"),
      contentType: "application/octet-stream",
      revision,
    });
    expect(await client.has("a")).toBe(true);
    await client.delete("a");
    await client.delete("a");
    expect(await client.getBytes("a")).toBeUndefined();
  });

  test("keeps an empty value apart from a missing key", async () => {
    await client.putBytes("empty", bytesOf(""));
    expect((await client.getBytes("empty"))?.bytes).toEqual(bytesOf(""));
  });

  test("keeps content type and time to live", async () => {
    const contentType = "text/plain;charset=utf-8";
    await client.putBytes("a", bytesOf("x"), { contentType, ttlSeconds: 60 });
    const stored = await client.getBytes("a");
    expect(stored).toMatchObject({ contentType, ttlSeconds: 60 });
  });

  test.each([
    ".",
    "..",
    "a/b",
    "/",
    "a b?c#d%2e",
    "é\u{1f600}",
    "a\r\n",
    "../x",
    "a/../b",
    "+&=",
  ])("may be named %j", async (key) => {
    await client.putBytes(key, bytesOf(key));
    expect((await client.getBytes(key))?.bytes).toEqual(bytesOf(key));
    expect(await keysOf(client)).toEqual([key]);
    await client.delete(key);
    expect(await client.has(key)).toBe(false);
  });

  test.each(["", "\ud800"])("is not %j", async (key) => {
    await expect(client.putBytes(key, bytesOf("x"))).rejects.toMatchObject({
      code: "invalid_key",
    });
  });

  test("tells its walk on request", async () => {
    const walks: string[] = [];
    await client.getBytes("a", { onWalk: (walk) => walks.push(walk) });
    await client.getBytes("a");
    expect(walks).toEqual(["partition=1; replicas=1; members=a; steps="]);
  });
});

describe("conditions", () => {
  test("a value is replaced only by who knows its revision", async () => {
    const first = await client.putBytes("a", bytesOf("1"), {
      ifNoneMatch: "*",
    });
    const second = await client.putBytes("a", bytesOf("2"), {
      ifMatch: first.revision,
    });
    const late = client.putBytes("a", bytesOf("3"), {
      ifMatch: first.revision,
    });
    await expect(late).rejects.toBeInstanceOf(ConditionFailedError);
    await expect(late).rejects.toMatchObject({
      code: "condition_failed",
      status: 412,
      node,
    });
    await client.putBytes("a", bytesOf("4"), {
      ifMatch: ["other", second.revision],
    });
    expect((await client.getBytes("a"))?.bytes).toEqual(bytesOf("4"));
  });

  test("a value is created once, and deleted only as it was read", async () => {
    await client.putBytes("a", bytesOf("1"), { ifNoneMatch: "*" });
    const again = client.putBytes("a", bytesOf("2"), { ifNoneMatch: "*" });
    await expect(again).rejects.toBeInstanceOf(ConditionFailedError);
    const wrong = client.delete("a", { ifMatch: "1-0-x" });
    await expect(wrong).rejects.toBeInstanceOf(ConditionFailedError);
    expect(await client.has("a")).toBe(true);
  });
});

describe("listings", () => {
  test("come page by page, by prefix", async () => {
    for (const name of ["a1", "a2", "a3", "a4", "a5", "a6", "a7", "b1"])
      await client.putBytes(name, bytesOf(name));
    expect(await keysOf(client)).toHaveLength(8);
    expect(await keysOf(client, { prefix: "a", scope: "node" })).toEqual([
      "a1",
      "a2",
      "a3",
      "a4",
      "a5",
      "a6",
      "a7",
    ]);
    expect(await keysOf(client, { prefix: "c" })).toEqual([]);
  });

  test("name the members", async () => {
    expect(await client.peers()).toEqual(["node-8000"]);
    expect(await client.status()).toMatchObject({ name: "node-8000" });
  });
});

test("a refusal carries the node's code and words", async () => {
  const error = await client
    .putBytes("a", bytesOf("x"), { ttlSeconds: -1 })
    .catch((error: unknown) => error);
  expect(error).toBeInstanceOf(RingwalkError);
  expect(error).toMatchObject({ code: "invalid_ttl", status: 400, node });
  expect(String(error)).toMatch(/ttl is a whole number/);
});

async function keysOf(
  client: ByteClient,
  options?: Parameters<ByteClient["keys"]>[0],
): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of client.keys(options)) keys.push(key);
  return keys;
}
