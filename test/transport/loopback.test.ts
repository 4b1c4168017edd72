/** The loopback network: apps reach one another without a socket, go down, and are slow. */
import { describe, expect, test } from "vitest";
import { createFetchTransport } from "../../src/transport/fetch.ts";
import { createLoopback } from "../../src/transport/loopback.ts";

const body = Uint8Array.of(1);

describe("loopback", () => {
  test("a call reaches the node that is attached at its origin", async () => {
    const loopback = createLoopback();
    loopback.attach("http://a", async (request) => {
      const bytes = await request.bytes();
      return new Response(
        `${request.method} ${new URL(request.url).pathname} ${bytes}`,
        { headers: { ringwalk: "1" } },
      );
    });
    const transport = createFetchTransport({ fetch: loopback.fetch });
    const result = await transport.call("http://a", body, 1_000);
    const text =
      result.kind === "answer" && new TextDecoder().decode(result.body);
    expect(text).toBe("POST /peer 1");
  });

  test("where no node is, or none is any more, the connection is refused", async () => {
    const loopback = createLoopback();
    const transport = createFetchTransport({ fetch: loopback.fetch });
    const refused = { kind: "not-sent", reason: "ECONNREFUSED" };
    expect(await transport.call("http://a", body, 1_000)).toEqual(refused);
    loopback.attach("http://a", () => new Response());
    loopback.detach("http://a");
    expect(await transport.call("http://a", body, 1_000)).toEqual(refused);
  });

  test("a node that does not answer is given up", async () => {
    const loopback = createLoopback();
    loopback.attach("http://a", () => new Promise(() => {}));
    const transport = createFetchTransport({ fetch: loopback.fetch });
    expect(await transport.call("http://a", body, 10)).toMatchObject({
      kind: "unknown",
    });
  });
});
