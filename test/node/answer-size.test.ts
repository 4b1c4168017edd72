/** Answers stay within a message: a ring of large values copies, reads and writes them, many at once. */

import { afterEach, describe, expect, test } from "vitest";
import { ballotZero } from "../../src/core/ballot.ts";
import {
  batchBytesMax,
  messageBytesMax,
  valueBytesMax,
} from "../../src/core/limits.ts";
import { memoryFrom } from "../../src/core/memory.ts";
import type { PeerReply } from "../../src/core/message.ts";
import { encodeAnswer } from "../../src/core/message-codec.ts";
import { answerVotes } from "../../src/node/answer-votes.ts";
import type { Standing } from "../../src/node/place.ts";
import type { Replica, ReplicaRequest } from "../../src/node/replica.ts";
import { type Cluster, createCluster } from "./cluster.ts";
import { loneLayout } from "./lone-layout.ts";

const MiB = 2 ** 20;
const ballot = { epoch: 1, counter: 1, proposer: "p" };

const read = (key: string): ReplicaRequest => ({
  kind: "read",
  area: "key",
  key,
  withEntry: true,
});
const prepare = (key: string): ReplicaRequest => ({
  kind: "prepare",
  area: "key",
  key,
  ballot,
});

function entryOf(valueBytes: number) {
  return {
    value: new Uint8Array(valueBytes),
    createdAt: 1,
    modifiedAt: 1,
    revision: ballot,
    memory: memoryFrom(ballotZero),
  };
}

/** Has a value of as many bytes as the number in the key says, and remembers what it was asked. */
function fakeReplica() {
  const handled: string[] = [];
  let heldCount = 0;
  let heldCountMax = 0;
  const sizeOf = (key: string) => Number(key.split(" ")[0]);
  const replica: Replica = {
    async handle(_, request): Promise<PeerReply> {
      if (!("key" in request)) throw new Error("only registers are asked for");
      handled.push(`${request.kind} ${request.key}`);
      heldCountMax = Math.max(heldCountMax, ++heldCount);
      await Promise.resolve();
      heldCount--;
      const entry = entryOf(sizeOf(request.key));
      if (request.kind === "accept") return { kind: "accepted", sticky: true };
      return request.kind === "prepare"
        ? {
            kind: "promised",
            accepted: ballot,
            entry,
            floor: ballotZero,
            collectedAt: 0,
          }
        : { kind: "state", accepted: ballot, entry };
    },
    sizeOf: (_, { key }) => Promise.resolve(sizeOf(key)),
  };
  return { replica, handled, heldCountMax: () => heldCountMax };
}

function standingWith(limitBytes: number): Standing {
  const layout = loneLayout({ partitionCount: 1, valueBytesMax: limitBytes });
  return { layout, memberId: "m", space: 0 };
}

const kindsOf = (replies: readonly PeerReply[]) =>
  replies.map((reply) =>
    reply.kind === "abstained" ? reply.reason : reply.kind,
  );
const bytesOf = (replies: readonly PeerReply[]) =>
  encodeAnswer({ kind: "replies", replies }).byteLength;

describe("the answer to a batch", () => {
  test("holds as many small values as were asked for", async () => {
    const { replica } = fakeReplica();
    const requests = Array.from({ length: 512 }, (_, i) =>
      i % 2 ? read(`100 ${i}`) : prepare(`100 ${i}`),
    );
    const replies = await answerVotes(replica, standingWith(MiB), requests);
    expect(kindsOf(replies)).toEqual(
      requests.map(({ kind }) => (kind === "read" ? "state" : "promised")),
    );
  });

  test("leaves reads that do not fit for later, the first ones first", async () => {
    const { replica, heldCountMax } = fakeReplica();
    const requests = Array.from({ length: 40 }, (_, i) =>
      read(`${3 * MiB} ${i}`),
    );
    const replies = await answerVotes(replica, standingWith(8 * MiB), requests);
    expect(kindsOf(replies)).toEqual(["state", ...Array(39).fill("later")]);
    expect(heldCountMax() * 8 * MiB).toBeLessThan(messageBytesMax);
  });

  test("has done nothing for a prepare that it leaves for later", async () => {
    const { replica, handled } = fakeReplica();
    const requests = [1, 2, 3, 4].map((i) => prepare(`${3 * MiB} ${i}`));
    const replies = await answerVotes(
      replica,
      standingWith(valueBytesMax),
      requests,
    );
    expect(kindsOf(replies)).toEqual(["promised", "later", "later", "later"]);
    expect(handled).toEqual([`prepare ${3 * MiB} 1`]);
  });

  test("holds one value of the largest size alone, and the replies without values", async () => {
    const { replica } = fakeReplica();
    const accept = {
      kind: "accept",
      area: "key",
      key: "0",
      ballot,
      entry: entryOf(0),
    } as const;
    const replies = await answerVotes(replica, standingWith(valueBytesMax), [
      prepare(`${valueBytesMax} 1`),
      accept,
      read("10 2"),
      accept,
    ]);
    expect(kindsOf(replies)).toEqual([
      "promised",
      "accepted",
      "later",
      "accepted",
    ]);
    expect(bytesOf(replies)).toBeLessThan(messageBytesMax);
  });

  test("is one message, whatever is asked for", async () => {
    for (const size of [1, MiB, 5 * MiB, valueBytesMax]) {
      const { replica } = fakeReplica();
      const requests = Array.from({ length: 30 }, (_, i) =>
        i % 3 ? read(`${size} ${i}`) : prepare(`${size} ${i}`),
      );
      const replies = await answerVotes(
        replica,
        standingWith(Math.max(size, MiB)),
        requests,
      );
      expect(bytesOf(replies)).toBeLessThan(
        Math.max(batchBytesMax, size) + MiB,
      );
      expect(kindsOf(replies)).toContain("promised");
    }
  });
});

let cluster: Cluster | undefined;
afterEach(() => cluster?.close());

test("a join copies many large values at once, in answers that a transport takes", async () => {
  cluster = createCluster({
    founding: { partitionCount: 8, valueBytesMax: 8 * MiB },
  });
  let largestBytes = 0;
  cluster.intercept = ({ body, deliver }) =>
    deliver().then((result) => {
      const bytes = result.kind === "answer" ? result.body.byteLength : 0;
      largestBytes = Math.max(largestBytes, bytes, body.byteLength);
      return bytes > messageBytesMax
        ? { kind: "unknown", reason: "too large" }
        : result;
    });
  const [a, b, c] = await Promise.all(
    ["a", "b", "c"].map((name) => cluster?.start(name)),
  );
  if (!a || !b || !c) throw new Error("three nodes are started");
  expect(await b.join({ urls: [a.url] })).toMatchObject({ ok: true });
  const keys = Array.from({ length: 10 }, (_, i) => `k${i}`);
  for (const [i, key] of keys.entries()) {
    const value = new Uint8Array(5 * MiB).fill(i);
    expect(await a.put(key, value)).toMatchObject({ ok: true });
  }
  expect(await c.join({ urls: [a.url] })).toMatchObject({
    ok: true,
    value: { isComplete: true },
  });
  const reads = await Promise.all(keys.map((key) => c.get(key)));
  expect(reads.map((read) => read.ok && read.value?.value[0])).toEqual(
    keys.map((_, i) => i),
  );
  expect(largestBytes).toBeLessThan(5 * MiB + MiB);
});
