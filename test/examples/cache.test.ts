/** examples/cache.ts: how often the origin is asked. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createCache } from "../../examples/cache.ts";
import { createClient } from "../../src/client/client.ts";
import { until } from "../e2e/until.ts";
import { type ExampleRing, startExampleRing, urlOfNobody } from "./ring.ts";

let ring: ExampleRing;
beforeAll(async () => {
  ring = await startExampleRing();
});
afterAll(() => ring?.close());

const options = { freshSeconds: 600, staleSeconds: 600, fetchSecondsMax: 30 };

/** An origin that answers when it is told to, and counts. */
function slowOrigin() {
  const gate = Promise.withResolvers<void>();
  let asked = 0;
  return {
    asked: () => asked,
    open: () => gate.resolve(),
    fetch: async () => {
      const number = ++asked;
      await gate.promise;
      return `answer ${number}`;
    },
  };
}

test("fifty who want a page at once, at two servers, have the origin asked once, while a node dies", async () => {
  const caches = [0, 1].map(() =>
    createCache(createClient({ nodes: ring.urls }), options),
  );
  const origin = slowOrigin();
  const wanting = Array.from({ length: 50 }, (_, n) =>
    caches[n % 2]?.get("page", origin.fetch),
  );
  await until(() => origin.asked() > 0, "the origin is asked");
  await ring.nodes[2]?.kill();
  origin.open();
  expect(new Set(await Promise.all(wanting))).toEqual(new Set(["answer 1"]));
  expect(await caches[1]?.get("page", origin.fetch)).toBe("answer 1");
  expect(origin.asked()).toBe(1);
  await ring.nodes[2]?.restart();
});

test("an old value is given at once, and one caller has it renewed", async () => {
  const client = createClient({ nodes: ring.urls });
  // Everything is stale at once.
  const cache = createCache(client, { ...options, freshSeconds: 0 });
  const first = slowOrigin();
  first.open();
  await cache.get("old", first.fetch);
  const second = slowOrigin();
  const given = await Promise.all(
    [1, 2, 3, 4].map(() => cache.get("old", second.fetch)),
  );
  expect(new Set(given)).toEqual(new Set(["answer 1"]));
  await until(() => second.asked() > 0, "the origin is asked");
  expect(await cache.get("old", second.fetch)).toBe("answer 1");
  const before = await client.head("cache/old");
  second.open();
  await until(
    async () => (await client.head("cache/old"))?.revision !== before?.revision,
    "the new value is stored",
  );
  expect(second.asked()).toBe(1);
});

test("an origin that fails is asked again by the next; without the ring it is asked each time", async () => {
  const cache = createCache(createClient({ nodes: ring.urls }), options);
  const failing = () => Promise.reject(new Error("down"));
  await expect(cache.get("page2", failing)).rejects.toThrow("down");
  expect(await cache.get("page2", async () => 7)).toBe(7);

  const away = createClient({ nodes: [await urlOfNobody()] });
  const useless = createCache(away, options);
  let asked = 0;
  await useless.get("x", async () => ++asked);
  expect(await useless.get("x", async () => ++asked)).toBe(2);
});

test("it runs as it stands", async () => {
  const example = ring.run("cache.ts");
  await example.line("asking the origin");
  const time = await example.line("T");
  expect(await example.line("T")).toBe(time);
  expect(await example.ended).toBe(0);
});
