/** examples/hono on Node.js and in workerd, over one ring. */
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundle } from "../edge/worker-bundle.ts";
import { type ExampleRing, startExampleRing } from "./ring.ts";

let ring: ExampleRing;
let miniflare: Miniflare;
/** The app on Node.js, and as a Worker. */
let apps: readonly string[];

beforeAll(async () => {
  ring = await startExampleRing();
  const example = ring.run("hono/node.ts");
  const entry = new URL("../../examples/hono/worker.ts", import.meta.url);
  miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: await bundle(entry),
      compatibilityDate: "2026-07-01",
      host: "127.0.0.1",
      port: 0,
      bindings: { RING_NODES: ring.urls.join(",") },
    }),
  );
  const onNode = (await example.line("http")).split(" ").at(-1) ?? "";
  apps = [onNode, (await miniflare.ready).origin];
});
afterAll(async () => {
  await miniflare?.dispose();
  await ring?.close();
});

test("what one of them writes the other reads, and nobody overwrites what he has not seen", async () => {
  const [onNode = "", onWorker = ""] = apps;
  const put = (app: string, text: string, seen?: string) =>
    fetch(`${app}/notes/today`, {
      method: "PUT",
      body: text,
      ...(seen && { headers: { "If-Match": seen } }),
    });
  expect((await put(onNode, "buy bread")).status).toBe(204);
  expect((await put(onWorker, "or else")).status).toBe(412);
  const read = await fetch(`${onWorker}/notes/today`);
  expect(await read.text()).toBe("buy bread");
  const seen = read.headers.get("etag") ?? "";
  await ring.nodes[0]?.kill();
  const written = await put(onWorker, "buy milk", seen);
  expect(written.status).toBe(204);
  expect((await put(onNode, "buy beer", seen)).status).toBe(412);
  const newest = written.headers.get("etag") ?? "";
  expect((await put(onNode, "buy tea", newest)).status).toBe(204);
  expect(await (await fetch(`${onWorker}/notes/today`)).text()).toBe("buy tea");
  expect(await (await fetch(`${onNode}/notes`)).json()).toEqual(["today"]);
  expect((await fetch(`${onWorker}/notes/never`)).status).toBe(404);
});

test("likes from both are all counted", async () => {
  const liking = Array.from({ length: 20 }, (_, n) =>
    fetch(`${apps[n % 2]}/notes/today/likes`, { method: "POST" }),
  );
  const answers = await Promise.all(liking);
  const counts = answers.map(async (answer) => (await answer.json()) as object);
  const seen = (await Promise.all(counts)).map((each) =>
    Number(Reflect.get(each, "likes")),
  );
  expect(seen.toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: 20 }, (_, n) => n + 1),
  );
});
