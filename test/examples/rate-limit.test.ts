/** examples/rate-limit.ts: never more than the limit, by however many servers; nobody is shut out when the ring is away. */
import { Hono } from "hono";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isAllowed, rateLimit } from "../../examples/rate-limit.ts";
import { createClient } from "../../src/client/client.ts";
import { type ExampleRing, startExampleRing, urlOfNobody } from "./ring.ts";

let ring: ExampleRing;
beforeAll(async () => {
  ring = await startExampleRing();
});
afterAll(() => ring?.close());

test("of thirty requests at once by two servers, one node killed meanwhile, exactly the limit passes", async () => {
  const servers = [0, 1].map(() => createClient({ nodes: ring.urls }));
  const now = () => 1_000 * 60_000;
  const limit = { requestsMax: 20, windowSeconds: 60, now };
  const asking = servers.flatMap((server) =>
    Array.from({ length: 15 }, () => isAllowed(server, "ada", limit)),
  );
  await ring.nodes[1]?.kill();
  const allowed = await Promise.all(asking);
  expect(allowed.filter(Boolean)).toHaveLength(20);
  await ring.nodes[1]?.restart();
});

test("the window slides: what was used before counts less and less", async () => {
  const client = createClient({ nodes: ring.urls });
  const start = 2_000 * 60_000;
  const passAt = async (seconds: number) => {
    let passed = 0;
    const now = () => start + seconds * 1_000;
    const limit = { requestsMax: 20, windowSeconds: 60, now };
    while (await isAllowed(client, "bob", limit)) passed++;
    return passed;
  };
  expect(await passAt(30)).toBe(20);
  expect(await passAt(60)).toBe(0);
  // A quarter of the window before is over.
  expect(await passAt(75)).toBe(5);
  expect(await passAt(90)).toBe(5);
  // Nothing of the first, half of the ten of the second.
  expect(await passAt(150)).toBe(15);
});

test("the eleventh request of a minute is told 429, and other users are not", async () => {
  const example = ring.run("rate-limit.ts");
  const url = (await example.line("http")).split(" ").at(-1) ?? "";
  const ask = async (user: string) =>
    (await fetch(url, { headers: { "x-user": user } })).status;
  const answers: number[] = [];
  for (let n = 0; n < 11; n++) answers.push(await ask("carol"));
  // Should a minute have ended meanwhile, the window has slid on, and no request too many has passed.
  expect(answers.slice(0, 10)).toEqual(Array(10).fill(200));
  expect(answers[10]).toBe(429);
  expect(await ask("dora")).toBe(200);
});

test("while no node answers everybody passes", async () => {
  const away = createClient({ nodes: [await urlOfNobody()] });
  const limit = { requestsMax: 1, windowSeconds: 60 };
  const app = new Hono()
    .use(rateLimit(away, limit, () => "all"))
    .get("/", (c) => c.text("hello"));
  expect((await app.request("/")).status).toBe(200);
  expect((await app.request("/")).status).toBe(200);
});
