/** The Bun server, as a process. */
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { nodesForTest } from "../e2e/test-nodes.ts";
import type { RawDeviation } from "../suite/node-raw.ts";
import { serverProcessSuite } from "../suite/server-process.ts";

const resolved: RawDeviation = {
  reason:
    "Bun hands over a url in its normal form, and what was sent cannot be told any more",
};

function refusedByBun(refusal: string): RawDeviation {
  return {
    reason: "Bun's parser refuses it before there is a request",
    refusal,
  };
}

const badRequest = refusedByBun("HTTP/1.1 400 Bad Request");
const tooLarge = refusedByBun("HTTP/1.1 431 Request Header Fields Too Large");

serverProcessSuite("bun", {
  "an unknown method": refusedByBun(""),
  "another protocol": refusedByBun("HTTP/1.1 505 HTTP Version Not Supported"),
  "no host": badRequest,
  "a raw backslash": resolved,
  "a dot segment": resolved,
  "an escaped dot segment": resolved,
  "a dot at the end": resolved,
  "a target above every limit": tooLarge,
  "a header above every limit": tooLarge,
  "many headers above every limit": tooLarge,
  "a length that is none": badRequest,
  "two lengths": badRequest,
  "a chunk that is none": badRequest,
});

/** Bun's own limit is 10 seconds, and it looks at connections every four. */
const silenceMs = 14_500;

test("a connection that was silent for longer than Bun would wait takes another request", async () => {
  const nodes = await nodesForTest({ runtimes: { node: "bun" } });
  const { port } = await nodes.start("node");
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  const request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  for (const pauseMs of [0, silenceMs]) {
    await sleep(pauseMs);
    const answered = once(socket, "data");
    socket.write(request);
    expect(String(await answered)).toMatch(/^HTTP\/1\.1 200 /);
  }
});
