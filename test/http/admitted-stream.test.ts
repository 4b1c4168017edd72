/** Answers that go on for long: they end when their reader's token does, and cost nothing else. */
import { expect, test } from "vitest";
import { whileAdmitted } from "../../src/http/admitted-stream.ts";
import { systemClock } from "../../src/runtime/system-ports.ts";
import { startMemoryNode } from "./memory-node.ts";

function counted(count: number) {
  let pulledCount = 0;
  let isCancelled = false;
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (pulledCount === count) return controller.close();
        controller.enqueue(Uint8Array.of(pulledCount++));
      },
      cancel() {
        isCancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, pulled: () => pulledCount, isCancelled: () => isCancelled };
}

test("all of it comes as it is read, and nothing is read ahead", async () => {
  const { stream, pulled } = counted(3);
  const reader = whileAdmitted(stream, () => true).getReader();
  expect(pulled()).toBe(0);
  expect((await reader.read()).value).toEqual(Uint8Array.of(0));
  expect(pulled()).toBe(1);
  await reader.read();
  await reader.read();
  expect((await reader.read()).done).toBe(true);
});

test("it breaks off, and so does what makes it, when its reader is admitted no more", async () => {
  const { stream, isCancelled } = counted(3);
  let isGood = true;
  const reader = whileAdmitted(stream, async () => isGood).getReader();
  await reader.read();
  isGood = false;
  await expect(reader.read()).rejects.toThrow("token");
  expect(isCancelled()).toBe(true);
});

test("a reader that goes away is no longer served", async () => {
  const { stream, isCancelled } = counted(3);
  await whileAdmitted(stream, () => true).cancel();
  expect(isCancelled()).toBe(true);
});

test("a watch that was opened with a token ends when the token is revoked", async () => {
  const secret = "correct-horse-battery-staple";
  const node = await startMemoryNode({ secret, clock: systemClock });
  const ask = (path: string, authorization: string, init: RequestInit = {}) =>
    node.fetch(node.url + path, {
      ...init,
      headers: { authorization, ...init.headers },
    });
  const operator = `Bearer ${secret}`;
  const made = await ask("/dht/tokens", operator, {
    method: "POST",
    body: JSON.stringify({ name: "watcher", rights: ["read"] }),
  });
  const { id, token } = await made.json();
  const watch = await ask("/db/k", `Bearer ${token}`, {
    headers: { accept: "text/event-stream" },
  });
  expect(watch.status).toBe(200);
  const reader = (watch.body as ReadableStream<Uint8Array>).getReader();
  const readText = async () =>
    new TextDecoder().decode((await reader.read()).value);
  expect(await readText()).toContain("retry:");
  expect(await readText()).toContain("event: absent");
  const next = reader.read();
  // Whether it began to wait before or after the revocation, it is told nothing more.
  const isOver = expect(next).rejects.toThrow();
  await ask(`/dht/tokens/${id}`, operator, { method: "DELETE" });
  await ask("/db/k", operator, { method: "PUT", body: "private" });
  await isOver;
  await node.close();
});

test("a bulk request whose answers nobody reads does nothing more when its token is revoked", async () => {
  const secret = "correct-horse-battery-staple";
  const node = await startMemoryNode({ secret, clock: systemClock });
  const operator = { authorization: `Bearer ${secret}` };
  const made = await node.fetch(`${node.url}/dht/tokens`, {
    method: "POST",
    headers: operator,
    body: JSON.stringify({ name: "writer", rights: ["write"] }),
  });
  const { id, token } = await made.json();
  const broken = Promise.withResolvers<void>();
  let lines: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      lines = controller;
    },
    cancel: () => broken.resolve(),
  });
  const send = (key: string) =>
    lines?.enqueue(
      new TextEncoder().encode(
        `${JSON.stringify({ op: "put", key, value: "v" })}\n`,
      ),
    );
  const statusOf = async (key: string) =>
    (await node.fetch(`${node.url}/db/${key}`, { headers: operator })).status;
  const answer = await node.fetch(`${node.url}/db`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/x-ndjson",
    },
    body,
    duplex: "half",
  } as RequestInit);
  send("before");
  await expect.poll(() => statusOf("before")).toBe(200);
  await node.fetch(`${node.url}/dht/tokens/${id}`, {
    method: "DELETE",
    headers: operator,
  });
  send("after");
  await broken.promise;
  expect(await statusOf("after")).toBe(404);
  await answer.body?.cancel().catch(() => {});
  await node.close();
});
