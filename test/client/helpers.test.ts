/** What the client makes of single operations: many keys at once, updates, entries, locks and watches, on a real node. */
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { Client } from "../../src/client/api.ts";
import { createClient } from "../../src/client/client.ts";
import {
  ConditionFailedError,
  LockLostError,
  PartialFailureError,
} from "../../src/client/errors.ts";
import { compareRevisions } from "../../src/client/revision.ts";
import { startMemoryNode } from "../http/memory-node.ts";

type Fetch = typeof globalThis.fetch;

let client: Client;
/** What stands between client and node; a test may put something there. */
let between: (fetch: Fetch) => Fetch;
let requestCount = 0;
beforeEach(async () => {
  const node = await startMemoryNode();
  onTestFinished(() => node.close());
  between = (fetch) => fetch;
  requestCount = 0;
  const fetch: Fetch = (target, init) => {
    requestCount++;
    return between((given, more) => node.fetch(String(given), more))(
      target,
      init,
    );
  };
  client = createClient({ nodes: [node.url], fetch });
});

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

describe("many keys", () => {
  test("are stored, read and deleted in a few requests", async () => {
    const entries = numbers(700).map((n) => [`k${n}`, { n }] as const);
    await client.putMany(entries, { ttlSeconds: 1000, metadata: { a: 1 } });
    const wanted = ["k0", "none", "k0", "k699"];
    expect(await client.getMany(wanted)).toEqual(
      new Map([
        ["k0", { n: 0 }],
        ["k699", { n: 699 }],
      ]),
    );
    expect(await client.getEntry("k7")).toMatchObject({ metadata: { a: 1 } });
    await client.deleteMany(numbers(699).map((n) => `k${n}`));
    const left: string[] = [];
    for await (const key of client.keys()) left.push(key);
    expect(left).toEqual(["k699"]);
    expect(requestCount).toBeLessThan(40);
  });

  test("of which some fail tell which, and the others are done", async () => {
    const error = await client
      .putMany([
        ["a", 1],
        ["x".repeat(2000), 2],
        ["b", 3],
      ])
      .catch((error: unknown) => error);
    expect(error).toBeInstanceOf(PartialFailureError);
    const { failures, message } = error as PartialFailureError;
    expect([...failures.keys()]).toEqual(["x".repeat(2000)]);
    expect(message).toMatch(/^1 keys failed; the first, "x+": The key has/);
    expect(await client.getMany(["a", "b"])).toEqual(
      new Map([
        ["a", 1],
        ["b", 3],
      ]),
    );
  });

  test("end with an abort", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    between = (fetch) => (target, init) => {
      controller.abort(reason);
      return fetch(target, init);
    };
    const keys = numbers(5000).map((n) => `k${n}`);
    const { signal } = controller;
    await expect(client.getMany(keys, { signal })).rejects.toBe(reason);
    expect(requestCount).toBeLessThan(5);
  });
});

describe("update", () => {
  test("loses nothing of what others write meanwhile", async () => {
    const add = (n: number) =>
      client.update<number[]>("list", (list = []) => [...list, n], {
        triesMax: 100,
      });
    await Promise.all(numbers(12).map(add));
    const list = await client.get<number[]>("list");
    expect(list?.toSorted((a, b) => a - b)).toEqual(numbers(12));
  });

  test("keeps the time to live and the metadata unless it is told others", async () => {
    const metadata = { owner: "ada" };
    await client.set("k", 1, { ttlSeconds: 1000, metadata });
    await client.update<number>("k", (n = 0) => n + 1);
    const kept = await client.getEntry("k");
    expect(kept).toMatchObject({ value: 2, metadata });
    expect(kept?.ttlSeconds).toBeGreaterThan(990);
    await client.update<number>("k", (n = 0) => n + 1, { metadata: {} });
    expect(await client.getEntry("k")).toMatchObject({ metadata: {} });
  });

  test("with nothing deletes, and an error of the function changes nothing", async () => {
    await client.set("k", 1);
    const failing = client.update("k", () => {
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(await client.get("k")).toBe(1);
    expect(await client.update("k", () => undefined)).toBeUndefined();
    expect(await client.has("k")).toBe(false);
    expect(await client.update("k", () => undefined)).toBeUndefined();
  });

  test("gives up when others are faster each time", async () => {
    await client.set("k", 0);
    let tries = 0;
    const lost = client.update<number>(
      "k",
      async (n = 0) => {
        await client.set("k", ++tries);
        return n;
      },
      { triesMax: 3 },
    );
    await expect(lost).rejects.toBeInstanceOf(ConditionFailedError);
    expect(tries).toBe(3);
  });
});

test("entries come with their values, in a few requests", async () => {
  await client.putMany(numbers(300).map((n) => [`e/${n}`, n] as const));
  await client.set("other", 1);
  requestCount = 0;
  const seen = new Map<string, number>();
  for await (const [key, value] of client.entries<number>({ prefix: "e/" }))
    seen.set(key, value);
  expect(seen).toEqual(new Map(numbers(300).map((n) => [`e/${n}`, n])));
  expect(requestCount).toBeLessThan(20);
  for await (const _ of client.entries({ prefix: "e/" })) break;
});

describe("a lock", () => {
  test("has one holder at a time, and each later one a higher revision", async () => {
    let holderCount = 0;
    const revisions: string[] = [];
    await Promise.all(
      numbers(5).map(async () => {
        const lock = await client.lock("lock", { ttlSeconds: 60 });
        expect(++holderCount).toBe(1);
        revisions.push(lock.revision);
        await client.get("something else");
        holderCount--;
        await lock.release();
      }),
    );
    expect(revisions).toEqual(revisions.toSorted(compareRevisions));
    expect(new Set(revisions).size).toBe(5);
  });

  test("is released at the end of its block", async () => {
    {
      await using lock = await client.lock("lock", { ttlSeconds: 60 });
      expect(lock.signal.aborted).toBe(false);
      expect(await client.has("lock")).toBe(true);
    }
    expect(await client.has("lock")).toBe(false);
  });

  test("is over after its time, and the next holder need not wait for more", async () => {
    const first = await client.lock("lock", { ttlSeconds: 1 });
    const second = await client.lock("lock", { ttlSeconds: 60 });
    expect(compareRevisions(second.revision, first.revision)).toBeGreaterThan(
      0,
    );
    expect(first.signal.reason).toBeInstanceOf(LockLostError);
    await expect(first.renew()).rejects.toBeInstanceOf(LockLostError);
    // It is not the first one's to release.
    await first.release();
    expect((await client.getEntry("lock"))?.revision).toBe(second.revision);
  });

  test("that is renewed keeps its revision, and its time begins anew", async () => {
    const lock = await client.lock("lock", { ttlSeconds: 1 });
    await lock.renew({ ttlSeconds: 1000 });
    const stored = await client.getEntry("lock");
    expect(stored?.revision).toBe(lock.revision);
    expect(stored?.ttlSeconds).toBeGreaterThan(990);
    await lock.release();
  });

  test("that somebody deleted is lost when it is renewed", async () => {
    const lock = await client.lock("lock", { ttlSeconds: 60 });
    await client.delete("lock");
    await expect(lock.renew()).rejects.toBeInstanceOf(LockLostError);
    expect(lock.signal.aborted).toBe(true);
    await lock.release();
  });

  test("is found to be one's own when the answer was lost", async () => {
    let isLost = false;
    between = (fetch) => async (target, init) => {
      const response = await fetch(target, init);
      if (init?.method !== "PUT" || isLost) return response;
      isLost = true;
      const body = JSON.stringify({ code: "outcome_unknown", detail: "?" });
      return new Response(body, { status: 504, headers: response.headers });
    };
    const lock = await client.lock("lock", { ttlSeconds: 60 });
    expect((await client.getEntry("lock"))?.revision).toBe(lock.revision);
    await lock.release();
  });

  test("is waited for until the caller has had enough", async () => {
    const lock = await client.lock("lock", { ttlSeconds: 60 });
    const controller = new AbortController();
    const { signal } = controller;
    const waiting = client.lock("lock", { ttlSeconds: 60, signal });
    waiting.catch(() => {});
    controller.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    await lock.release();
  });
});

test("a watch shows the value, and each that follows, until it is left", async () => {
  await client.set("k", { n: 0 });
  const seen: unknown[] = [];
  for await (const entry of client.watch<{ n: number }>("k")) {
    seen.push(entry?.value);
    if (!entry) break;
    if (entry.value.n === 0) await client.set("k", { n: 1 });
    else await client.delete("k");
  }
  expect(seen).toEqual([{ n: 0 }, { n: 1 }, undefined]);
});

test("revisions are ordered as the ring orders them", () => {
  const ordered = ["1-2-a", "1-2-b", "1-10-a", "2-1-a", "10-0-a"];
  for (const [at, one] of ordered.entries())
    for (const [other, two] of ordered.entries())
      expect(Math.sign(compareRevisions(one, two))).toBe(Math.sign(at - other));
  expect(() => compareRevisions("x", "1-1-a")).toThrow(TypeError);
});
