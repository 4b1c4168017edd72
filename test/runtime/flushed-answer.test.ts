/** Streamed answers of a Durable Object: what is not flushed yet has not been said. */
import { afterEach, expect, test } from "vitest";
import { deliverFlushed } from "../../src/runtime/flushed-answer.ts";
import { systemClock } from "../../src/runtime/system-ports.ts";
import { type MemoryNode, startMemoryNode } from "../http/memory-node.ts";

let node: MemoryNode;
afterEach(() => node?.close());

/** A node whose flushes the test ends, each when it is called for; what happens is told in its order. */
async function scene() {
  const course: string[] = [];
  let asked = Promise.withResolvers<void>();
  let disk = Promise.withResolvers<void>();
  node = await startMemoryNode({
    insecure: true,
    clock: systemClock,
    deliver: deliverFlushed(async () => {
      asked.resolve();
      await disk.promise;
      course.push("flushed");
    }),
  });
  return {
    course,
    /** Ends the next flush, once everything else that can happen before it has. */
    async flush() {
      await asked.promise;
      await new Promise((resolve) => setImmediate(resolve));
      const flushed = disk;
      asked = Promise.withResolvers();
      disk = Promise.withResolvers();
      flushed.resolve();
    },
    fail: (error: Error) => disk.reject(error),
    async read(reader: ReadableStreamDefaultReader<Uint8Array>) {
      const { value } = await reader.read();
      course.push("left");
      return new TextDecoder().decode(value);
    },
  };
}

function ask(path: string, init?: RequestInit) {
  return node.fetch(node.url + path, init);
}

async function readerOf(answer: Response | Promise<Response>) {
  const { body } = await answer;
  if (!body) throw new Error("there is a body");
  return body.getReader();
}

const postPut = () =>
  readerOf(
    ask("/db", {
      method: "POST",
      headers: { "content-type": "application/x-ndjson" },
      body: `${JSON.stringify({ op: "put", key: "k", value: "v" })}\n`,
    }),
  );

test("a line of a bulk request leaves when its write is flushed", async () => {
  const { course, flush, read } = await scene();
  const line = read(await postPut());
  await flush();
  expect(await line).toContain('"status":200');
  expect(course).toEqual(["flushed", "left"]);
});

test("a line whose write cannot be flushed never leaves", async () => {
  const { course, fail, read } = await scene();
  const line = read(await postPut());
  fail(new Error("the disk is gone"));
  await expect(line).rejects.toThrow("the disk is gone");
  expect(course).toEqual([]);
});

test("a watch shows what is flushed", async () => {
  const { course, flush, read } = await scene();
  await ask("/db/k", { method: "PUT", body: "v" });
  const reader = await readerOf(
    ask("/db/k", { headers: { accept: "text/event-stream" } }),
  );
  const begin = read(reader);
  await flush();
  await begin;
  const event = read(reader);
  await flush();
  expect(await event).toContain("event: value");
  expect(course).toEqual(["flushed", "left", "flushed", "left"]);
  await reader.cancel();
});

test("a listing tells what is flushed", async () => {
  const { course, flush, read } = await scene();
  await ask("/db/k", { method: "PUT", body: "v" });
  const line = read(
    await readerOf(
      ask("/db?values=1", { headers: { accept: "application/x-ndjson" } }),
    ),
  );
  await flush();
  expect(await line).toContain('"k"');
  expect(course).toEqual(["flushed", "left"]);
});

test("an answer that is there as a whole waits for nobody here", async () => {
  const { course } = await scene();
  const answer = await ask("/db/k", { method: "PUT", body: "v" });
  expect(answer.headers.get("content-length")).not.toBeNull();
  expect(course).toEqual([]);
});
