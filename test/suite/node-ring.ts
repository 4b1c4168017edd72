/** The ring's routes over HTTP, at a ring of one; several nodes are tested where they can be started. */
import { describe, expect, test } from "vitest";
import { decodeGreeting } from "../../src/core/greeting-codec.ts";
import type { PeerRequest } from "../../src/core/message.ts";
import { decodeAnswer, encodeBatch } from "../../src/core/message-codec.ts";
import { type Caller, codeOf, contentOf } from "./node-caller.ts";

export function ringTests(call: Caller): void {
  const { secret } = call.capabilities;
  const octets = { "content-type": "application/octet-stream" };

  async function greeting() {
    const {
      status,
      headers: answered,
      bytes,
    } = await call("POST", "/peer/hello", { headers: octets });
    expect(status).toBe(200);
    expect(answered.get("content-type")).toBe("application/octet-stream");
    const found = decodeGreeting(bytes);
    if (!found) throw new Error("the answer to hello is no greeting");
    return found;
  }

  async function send(requests: readonly PeerRequest[]) {
    const { layout, self } = await greeting();
    const { ringId, epoch } = layout;
    const body = encodeBatch({ ringId, epoch, to: self.id, requests });
    const { bytes } = await call("POST", "/peer", { headers: octets, body });
    return decodeAnswer(bytes);
  }

  describe("ring", () => {
    test("GET / says who answers", async () => {
      const { status, text } = await call("GET", "/");
      expect([status, text]).toEqual([200, "ringwalk\r\n"]);
    });

    test("GET /openapi.json describes the API to everybody", async () => {
      const { status, text } = await call("GET", "/openapi.json", {
        isStranger: true,
      });
      expect([status, JSON.parse(text)]).toMatchObject([
        200,
        { openapi: "3.1.1", info: { title: "ringwalk" } },
      ]);
    });

    test("a ring of one lists itself", async () => {
      const { status, text } = await call("GET", "/dht/peers");
      const { name, members } = JSON.parse(
        (await call("GET", "/dht/status")).text,
      );
      expect([status, text]).toEqual([200, `${name}\r\n`]);
      expect(members).toMatchObject([{ name, isSelf: true, health: "self" }]);
    });

    test("the status tells no secret and no hash seed", async () => {
      const { text } = await call("GET", "/dht/status");
      expect(text).not.toContain("hashSeed");
      if (secret) expect(text).not.toContain(secret);
    });

    test.each(["GET", "POST"])(
      "%s /dht/leave of a ring of one changes nothing",
      async (method) => {
        const before = await contentOf(call);
        const { status } = await call(method, "/dht/leave");
        expect(status).toBe(200);
        expect(await contentOf(call)).toEqual(before);
      },
    );

    test("peers speak to one another in batches", async () => {
      await call("PUT", "/db/peer-read", { body: "x" });
      const answer = await send([
        { kind: "ping" },
        { kind: "read", area: "key", key: "peer-read", withEntry: true },
        { kind: "read", area: "key", key: "never-put", withEntry: true },
      ]);
      expect(answer).toMatchObject({
        kind: "replies",
        replies: [
          { kind: "pong" },
          { kind: "state", entry: { value: Uint8Array.of(0x78) } },
          { kind: "state" },
        ],
      });
    });

    test("what is meant for another node, or another ring, is not executed", async () => {
      const { layout, self } = await greeting();
      const headers = octets;
      const wrong = [
        { ringId: layout.ringId, to: "AAAAAAAAAAAAAAAAAAAAAA" },
        { ringId: "AAAAAAAAAAAAAAAAAAAAAA", to: self.id },
      ];
      for (const target of wrong) {
        const body = encodeBatch({
          ...target,
          epoch: layout.epoch,
          requests: [{ kind: "ping" }],
        });
        const reply = await call("POST", "/peer", { headers, body });
        expect([reply.status, codeOf(reply)]).toEqual([409, "wrong_target"]);
      }
    });

    test.runIf(secret)(
      "without the secret everybody is refused, and nothing changes",
      async () => {
        const before = await contentOf(call);
        const guesses = [
          undefined,
          "",
          "Bearer",
          "Bearer ",
          `Bearer ${secret}x`,
          `Basic ${secret}`,
          `${secret}`,
        ];
        const guarded = [
          ["POST", "/peer"],
          ["POST", "/peer/hello"],
          ["POST", "/dht/join"],
          ["PUT", "/dht/join"],
          ["GET", "/dht/leave"],
          ["POST", "/dht/leave"],
          ["POST", "/dht/remove"],
          ["POST", "/dht/replace"],
          ["PUT", "/dht/settings"],
          ["GET", "/dht/peers"],
          ["GET", "/dht/status"],
          ["GET", "/dht/tokens"],
          ["POST", "/dht/tokens"],
          ["DELETE", "/dht/tokens/aaaaaaaaaaaaaaaa"],
          ["GET", "/db"],
          ["GET", "/db/k"],
          ["PUT", "/db/k"],
          ["DELETE", "/db/k"],
        ] as const;
        for (const [method, path] of guarded)
          for (const guess of guesses) {
            const headers = {
              ...octets,
              ...(guess !== undefined && { authorization: guess }),
            };
            const reply = await call(method, path, {
              headers,
              isStranger: true,
            });
            expect([reply.status, codeOf(reply)]).toEqual([
              401,
              "unauthorized",
            ]);
            expect(reply.headers.get("www-authenticate")).toMatch(/^Bearer/);
            expect(reply.text).not.toContain(secret);
          }
        expect(await contentOf(call)).toEqual(before);
      },
    );
  });
}
