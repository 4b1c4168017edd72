/** The Node.js server's connections: answers that a caller breaks into, and callers that send or take nothing more. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import {
  createNodejsServer,
  listenAt,
} from "../../src/runtime/nodejs-server.ts";
import type { Fetch } from "../../src/runtime/server.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function open(
  fetch: Fetch,
  options: { readonly idleMsMax?: number } = {},
) {
  const server = createNodejsServer(fetch, options);
  const port = await listenAt(server, { host: "127.0.0.1", port: 0 });
  cleanups.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return { server, port };
}

interface Caller {
  readonly socket: Socket;
  readonly text: () => string;
  /** Resolves when what came so far has this in it. */
  until(part: string): Promise<void>;
}

function call(port: number): Caller {
  const socket = connect(port, "127.0.0.1");
  cleanups.push(() => socket.destroy());
  let text = "";
  socket.on("error", () => {});
  socket.on("data", (data) => {
    text += data.toString("latin1");
  });
  return {
    socket,
    text: () => text,
    async until(part) {
      while (!text.includes(part)) await once(socket, "data");
    },
  };
}

const chunkedPost =
  "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

/** Answers at once by what it reads. */
const echo: Fetch = (request) => new Response(request.body, { status: 200 });

/** An answer that has begun and goes on when it is told to. */
function slowAnswer() {
  const { promise, resolve } = Promise.withResolvers<void>();
  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => controller.enqueue(Uint8Array.of(97)),
      async pull(controller) {
        await promise;
        controller.enqueue(new TextEncoder().encode("the end"));
        controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  return { fetch: () => new Response(body), finish: resolve };
}

test("nothing is written into an answer under way when its request's body breaks", async () => {
  const { port } = await open(echo);
  const caller = call(port);
  const closed = once(caller.socket, "close");
  caller.socket.write(`${chunkedPost}1\r\nx\r\n`);
  await caller.until("x\r\n");
  caller.socket.write("zz\r\n");
  await closed;
  expect(caller.text().match(/HTTP\/1\.1/g)).toHaveLength(1);
});

test("nor does a broken request get the answer of a whole one before it", async () => {
  const { promise, resolve } = Promise.withResolvers<Response>();
  const asked = Promise.withResolvers<void>();
  const { port } = await open(() => {
    asked.resolve();
    return promise;
  });
  const caller = call(port);
  const closed = once(caller.socket, "close");
  caller.socket.write("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  await asked.promise;
  caller.socket.write("no HTTP\r\n\r\n");
  await closed;
  expect(caller.text()).toBe("");
  resolve(new Response());
});

test("a broken body whose answer has not begun is still told so", async () => {
  const { port } = await open(
    async (request) => new Response(await request.text()),
  );
  const caller = call(port);
  const closed = once(caller.socket, "close");
  caller.socket.write(`${chunkedPost}zz\r\n`);
  await closed;
  expect(caller.text()).toMatch(/^HTTP\/1\.1 400 /);
});

test("an unknown method is answered with all that there are", async () => {
  const { port } = await open(echo);
  const caller = call(port);
  const closed = once(caller.socket, "close");
  caller.socket.write("BREW / HTTP/1.1\r\nHost: a\r\n\r\n");
  await closed;
  const [, allow] = /^allow: (.*)\r$/im.exec(caller.text()) ?? [];
  expect(allow).toBe("GET, HEAD, PUT, POST, PATCH, DELETE");
});

test("a body has no time to be complete in, headers have", async () => {
  const { server } = await open(echo);
  expect([server.requestTimeout, server.headersTimeout]).toEqual([0, 60_000]);
});

test("a body of which nothing comes any more is cut off", async () => {
  const { port } = await open(echo, { idleMsMax: 50 });
  const caller = call(port);
  const closed = once(caller.socket, "close");
  caller.socket.write(`${chunkedPost}1\r\nx\r\n`);
  await closed;
  expect(caller.text()).toContain("x\r\n");
});

test("an answer that nobody takes is cut off, and its stream is told", async () => {
  const cancelled = Promise.withResolvers<void>();
  const endless = new ReadableStream<Uint8Array>(
    {
      pull: (controller) => controller.enqueue(new Uint8Array(2 ** 20)),
      cancel: () => cancelled.resolve(),
    },
    { highWaterMark: 0 },
  );
  const { port } = await open(() => new Response(endless), { idleMsMax: 50 });
  const socket = connect(port, "127.0.0.1");
  cleanups.push(() => socket.destroy());
  socket.on("error", () => {});
  socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await cancelled.promise;
});

test("an answer that is silent for longer goes on", async () => {
  const idleMsMax = 50;
  const { fetch, finish } = slowAnswer();
  const { server, port } = await open(fetch, { idleMsMax });
  const silent = once(server, "timeout");
  const caller = call(port);
  caller.socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await silent;
  finish();
  await caller.until("the end");
});
