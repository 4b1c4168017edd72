/** The conformance suite of the fetch transport: what it sends, and how each way a call can end is told apart. */
import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { messageBytesMax } from "../../src/core/limits.ts";
import {
  createFetchTransport,
  type FetchTransportOptions,
} from "../../src/transport/fetch.ts";

/** Runs the whole suite with one way to fetch; the platform's own when none is given. */
export function transportSuite(
  name: string,
  fetch?: FetchTransportOptions["fetch"],
): void {
  describe(`calls to peers by ${name}`, () => transportTests(fetch));
}

function transportTests(fetch: FetchTransportOptions["fetch"]): void {
  const transportWith = (options: FetchTransportOptions = {}) =>
    createFetchTransport({ ...(fetch && { fetch }), ...options });

  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  const body = Uint8Array.of(1, 2, 3);
  const timeoutMs = 20_000;
  const isNode = { ringwalk: "1" };

  async function serve(
    listener: RequestListener,
  ): Promise<{ url: string; server: Server }> {
    const server = createServer(listener).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    cleanups.push(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}`, server };
  }

  /** What a server that only answers `status`, `headers` and `text` makes of a call. */
  async function callOf(
    status: number,
    headers: Record<string, string>,
    text: string | Uint8Array = "",
  ) {
    const { url } = await serve((_, response) =>
      response.writeHead(status, headers).end(text),
    );
    return transportWith().call(url, body, timeoutMs);
  }

  describe("what is sent", () => {
    test("a call posts the message, with its type and the secret", async () => {
      const seen: unknown[] = [];
      const { url } = await serve((request, response) => {
        const chunks: Buffer[] = [];
        request.on("data", (chunk) => chunks.push(chunk));
        request.on("end", () => {
          const { authorization, "content-type": type } = request.headers;
          seen.push([
            request.method,
            request.url,
            authorization,
            type,
            [...Buffer.concat(chunks)],
          ]);
          response.writeHead(200, isNode).end(Buffer.of(9));
        });
      });
      const transport = transportWith({ secret: "s3cret" });
      const answer = { kind: "answer", body: Uint8Array.of(9) };
      expect(await transport.call(url, body, timeoutMs)).toEqual(answer);
      expect(await transport.hello(url, timeoutMs)).toEqual(answer);
      await transportWith().call(`${url}/below`, body, timeoutMs);
      const octets = "application/octet-stream";
      expect(seen).toEqual([
        ["POST", "/peer", "Bearer s3cret", octets, [1, 2, 3]],
        ["POST", "/peer/hello", "Bearer s3cret", octets, []],
        ["POST", "/below/peer", undefined, octets, [1, 2, 3]],
      ]);
    });

    test("calls one after another share their connections", async () => {
      let connectionCount = 0;
      const { url, server } = await serve((request, response) => {
        request
          .resume()
          .on("end", () => response.writeHead(200, isNode).end("x"));
      });
      server.on("connection", () => connectionCount++);
      const transport = transportWith();
      for (let i = 0; i < 20; i++)
        expect(await transport.call(url, body, timeoutMs)).toMatchObject({
          kind: "answer",
        });
      // A call made as soon as an answer is read may find its connection not quite free yet.
      expect(connectionCount).toBeLessThanOrEqual(2);
    });

    test("a message that is a view sends its own bytes alone", async () => {
      const { url } = await serve((request, response) => {
        response.writeHead(200, isNode);
        request.pipe(response);
      });
      const view = new Uint8Array([0, 1, 2, 3, 4]).subarray(1, 3);
      const result = await transportWith().call(url, view, timeoutMs);
      expect(result).toEqual({ kind: "answer", body: Uint8Array.of(1, 2) });
    });
  });

  describe("not sent", () => {
    test("a refused connection", async () => {
      const server = createTcpServer().listen(0, "127.0.0.1");
      await new Promise((resolve) => server.once("listening", resolve));
      const { port } = server.address() as AddressInfo;
      await new Promise((resolve) => server.close(resolve));
      const result = await transportWith().call(
        `http://127.0.0.1:${port}`,
        body,
        timeoutMs,
      );
      expect(result).toEqual({
        kind: "not-sent",
        // Deno has no code for it.
        reason: expect.stringMatching(/^ECONNREFUSED$|Connection refused/),
      });
    });

    test("a host that does not exist", async () => {
      // By a code, not by a look-up: what a resolver says depends on the machine.
      const failing = (error: unknown) =>
        transportWith({ fetch: () => Promise.reject(error) });
      const thrown = [
        new TypeError("fetch failed", {
          cause: Object.assign(new Error("x"), { code: "ENOTFOUND" }),
        }),
        Object.assign(new Error("Unable to connect"), {
          code: "ConnectionRefused",
        }),
        new TypeError(
          "error sending request for url (http://a/): client error (Connect): tcp connect error: Connection refused (os error 111)",
        ),
        new TypeError(
          "error sending request: dns error: failed to lookup address information",
        ),
      ];
      for (const error of thrown) {
        const result = await failing(error).call("http://a", body, timeoutMs);
        expect(result).toMatchObject({
          kind: "not-sent",
          reason: expect.stringMatching(/./),
        });
      }
    });

    test.each([400, 401, 403, 404, 405, 409, 413, 503])(
      "a node that turned it down with %i",
      async (status) => {
        const problem = JSON.stringify({ code: "unauthorized" });
        const result = await callOf(status, isNode, problem);
        expect(result).toEqual({
          kind: "not-sent",
          reason: `HTTP ${status}, unauthorized`,
          code: "unauthorized",
        });
      },
    );

    test("a url that is none", async () => {
      const result = await transportWith().call("nonsense", body, timeoutMs);
      expect(result.kind).not.toBe("answer");
    });
  });

  describe("unknown", () => {
    test.each([200, 404, 502])(
      "an answer with %i that is not ringwalk's",
      async (status) => {
        const result = await callOf(status, {}, "error code: 1042");
        expect(result).toMatchObject({
          kind: "unknown",
          reason: expect.stringContaining(String(status)),
        });
      },
    );

    test.each([500, 504])("a node's own %i", async (status) => {
      expect(await callOf(status, isNode, "{}")).toMatchObject({
        kind: "unknown",
      });
    });

    test("a redirect is not followed", async () => {
      const { url: elsewhere } = await serve((_, response) =>
        response.writeHead(200, isNode).end("x"),
      );
      expect(
        await callOf(307, { location: `${elsewhere}/peer` }),
      ).toMatchObject({
        kind: "unknown",
      });
    });

    test("a connection that ends before the answer, and in its middle", async () => {
      const starts = [
        "",
        "HTTP/1.1 200 OK\r\nringwalk: 1\r\nContent-Length: 10\r\n\r\n12345",
      ];
      for (const start of starts) {
        const server = createTcpServer((socket) =>
          socket.once("data", () => socket.end(start)),
        ).listen(0, "127.0.0.1");
        await new Promise((resolve) => server.once("listening", resolve));
        cleanups.push(() => server.close());
        const { port } = server.address() as AddressInfo;
        const result = await transportWith().call(
          `http://127.0.0.1:${port}`,
          body,
          timeoutMs,
        );
        expect(result).toMatchObject({ kind: "unknown" });
      }
    });

    test.each(["headers", "body"])(
      "an answer whose %s does not come in time",
      async (missing) => {
        const { url } = await serve((_, response) => {
          if (missing === "body")
            response
              .writeHead(200, { ...isNode, "content-length": 5 })
              .write("x");
        });
        const result = await transportWith().call(url, body, 50);
        expect(result).toEqual({
          kind: "unknown",
          reason: "no answer within 50 ms",
        });
      },
    );

    test("an answer that is too large, announced or not", async () => {
      const length = { "content-length": String(messageBytesMax + 1) };
      let sentBytes = 0;
      const endless = () =>
        new ReadableStream<Uint8Array>({
          pull(controller) {
            sentBytes += 2 ** 20;
            controller.enqueue(new Uint8Array(2 ** 20));
          },
        });
      for (const headers of [{ ...isNode, ...length }, isNode]) {
        sentBytes = 0;
        const fetch = async () => new Response(endless(), { headers });
        const result = await transportWith({ fetch }).call(
          "http://a",
          body,
          timeoutMs,
        );
        expect(result).toMatchObject({ kind: "unknown" });
        expect(sentBytes).toBeLessThan(messageBytesMax + 4 * 2 ** 20);
      }
    });
  });

  describe("hello", () => {
    test("something that is no node answers with what does not decode", async () => {
      const { url } = await serve((_, response) =>
        response.writeHead(200).end("<html>"),
      );
      const result = await transportWith().hello(url, timeoutMs);
      expect(result).toEqual({ kind: "answer", body: new Uint8Array() });
    });
  });

  describe("slots", () => {
    test("no more calls run than allowed, in their order, and time-outs start with the call", async () => {
      const started: string[] = [];
      const waiting: (() => void)[] = [];
      const transport = transportWith({
        callsMax: 2,
        fetch: (url) => {
          started.push(url);
          return new Promise((resolve) =>
            waiting.push(() => resolve(new Response("x", { headers: isNode }))),
          );
        },
      });
      const results = ["a", "b", "c", "d"].map((name) =>
        transport.call(`http://${name}`, body, timeoutMs),
      );
      expect(started).toHaveLength(2);
      waiting.shift()?.();
      await results[0];
      await Promise.resolve();
      expect(started).toEqual(
        ["a", "b", "c"].map((name) => `http://${name}/peer`),
      );
      for (const expected of [4, 4, 4]) {
        waiting.shift()?.();
        await new Promise(setImmediate);
        expect(started).toHaveLength(expected);
      }
      for (const result of await Promise.all(results))
        expect(result.kind).toBe("answer");
    });

    test("a slot is free again after a failure", async () => {
      const transport = transportWith({
        callsMax: 1,
        fetch: () => Promise.reject(new Error("x")),
      });
      for (let i = 0; i < 3; i++)
        expect(await transport.call("http://a", body, timeoutMs)).toMatchObject(
          {
            kind: "unknown",
            reason: "x",
          },
        );
    });
  });
}
