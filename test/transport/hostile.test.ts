/** What a node calls may be anybody's: no redirect is followed, and no answer is held or believed beyond its bounds. */
import { afterEach, describe, expect, test } from "vitest";
import { messageBytesMax } from "../../src/core/limits.ts";
import { nodejsFetch } from "../../src/runtime/nodejs-fetch.ts";
import { createFetchTransport } from "../../src/transport/fetch.ts";
import { startMemoryNode } from "../cli/in-process.ts";
import { run, temporaryFolder } from "../cli/processes.ts";
import {
  type HostileServer,
  malices,
  startHostileServer,
} from "../suite/hostile-server.ts";

let hostile: HostileServer | undefined;
afterEach(() => hostile?.close());

/** What lies in sockets and streams on the way, beside what is held. */
const onTheWayBytesMax = 16 * 2 ** 20;

/** Of each request there was. */
function expectBounded({
  requestCount,
  sentBytes,
  followedCount,
}: HostileServer) {
  expect(requestCount()).toBeGreaterThan(0);
  expect(followedCount()).toBe(0);
  const bytesMax = messageBytesMax + onTheWayBytesMax;
  expect(sentBytes() / requestCount()).toBeLessThan(bytesMax);
}

describe.each([
  ["node:http", nodejsFetch],
  ["the platform's fetch", undefined],
] as const)("a call by %s meets", (_, fetch) => {
  test.each(malices)("%s", async (malice) => {
    hostile = await startHostileServer(malice);
    const transport = createFetchTransport(fetch ? { fetch } : {});
    const called = await transport.call(hostile.url, new Uint8Array(1), 20_000);
    // A page in our name is an answer, which does not decode.
    const isAnswer = malice === "a page in ringwalk's name";
    expect(called.kind === "answer").toBe(isAnswer);
    const greeted = await transport.hello(hostile.url, 20_000);
    if (greeted.kind === "answer") expect(greeted.body.length).toBeLessThan(10);
    expectBounded(hostile);
  });
});

describe("a node that is told to join", () => {
  test.each(malices)(
    "%s says why it does not, and stays what it was",
    async (malice) => {
      hostile = await startHostileServer(malice);
      const node = await startMemoryNode({ name: "a" });
      const answer = await fetch(`${node.url}/dht/join`, {
        method: "POST",
        body: hostile.url,
      });
      expect([answer.status, await answer.json()]).toMatchObject([
        502,
        { code: expect.stringMatching(/^join_(unreachable|not_a_node)$/) },
      ]);
      expect(node.node.peers()).toEqual(["a"]);
      expectBounded(hostile);
    },
  );
});

test("a node that is started to join an endless answer ends in its time", async () => {
  hostile = await startHostileServer("endless body");
  const ended = await run(
    [
      "serve",
      "-n",
      "a",
      "-p",
      "0",
      "--join",
      hostile.url,
      "--join-timeout",
      "0.1",
    ],
    { cwd: await temporaryFolder() },
  );
  expect(ended).toMatchObject({ code: 5, stdout: "" });
  expect(ended.stderr).toMatch(/join_unreachable: /);
  expectBounded(hostile);
});
