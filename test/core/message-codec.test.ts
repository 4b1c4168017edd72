/** The peer protocol on the wire: every kind there and back, and nothing but undefined for what is not one (docs/PROTOCOL.md). */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pack } from "../../src/core/codec.ts";
import {
  decodeGreeting,
  encodeGreeting,
} from "../../src/core/greeting-codec.ts";
import { decodeLayout, encodeLayout } from "../../src/core/layout-codec.ts";
import {
  batchOperationsMax,
  partitionCountMax,
  valueBytesMax,
} from "../../src/core/limits.ts";
import type { PeerBatch, PeerRequest } from "../../src/core/message.ts";
import {
  decodeAnswer,
  decodeBatch,
  encodeAnswer,
  encodeBatch,
} from "../../src/core/message-codec.ts";
import {
  answers,
  anyAnswer,
  anyGreeting,
  outcomes,
  peerAnswers,
  replies,
} from "./answers.ts";
import { check } from "./check.ts";
import { founded, someLayouts } from "./layouts.ts";
import { damagedBytes } from "./mutations.ts";
import { anyBatch, layoutChanges, operations, requests } from "./requests.ts";

const batchOf = (...some: readonly PeerRequest[]): PeerBatch => ({
  ringId: "ring",
  epoch: 3,
  to: "member",
  requests: some,
});
const after = { epoch: 1, counter: 2, proposer: "p" };

describe("every kind there and back", () => {
  test.each(Object.entries(requests))("request %s", (_, request) => {
    check(
      fc.property(request, (sent) => {
        const batch = batchOf(sent);
        expect(decodeBatch(encodeBatch(batch))).toMatchObject(batch);
      }),
      40,
    );
  });

  test.each(Object.entries(replies))("reply %s", (_, reply) => {
    check(
      fc.property(reply, (sent) => {
        const answer = { kind: "replies", replies: [sent] } as const;
        expect(decodeAnswer(encodeAnswer(answer))).toMatchObject(answer);
      }),
      40,
    );
  });

  test.each(Object.entries(peerAnswers))("answer %s", (_, answer) => {
    check(
      fc.property(answer, (sent) => {
        expect(decodeAnswer(encodeAnswer(sent))).toMatchObject(sent);
      }),
      40,
    );
  });

  test.each(Object.entries(operations))("operation %s", (_, operation) => {
    check(
      fc.property(operation, (sent) => {
        const request = {
          kind: "execute",
          attempt: "attempt",
          key: "k",
          operation: sent,
          after,
          mayRepeat: true,
          timeoutMs: 5,
        } as const;
        const [read] =
          decodeBatch(encodeBatch(batchOf(request)))?.requests ?? [];
        expect(read).toEqual(request);
      }),
      40,
    );
  });

  test.each(Object.entries(layoutChanges))("change %s", (_, change) => {
    check(
      fc.property(change, (sent) => {
        const request = { kind: "propose", change: sent } as const;
        const [read] =
          decodeBatch(encodeBatch(batchOf(request)))?.requests ?? [];
        expect(read).toEqual(request);
      }),
      40,
    );
  });

  test.each([...Object.entries(outcomes), ...Object.entries(answers)])(
    "outcome %s",
    (_, outcome) => {
      check(
        fc.property(outcome, (sent) => {
          const isAnswer = sent.kind in answers;
          const told = isAnswer ? { kind: "committed", answer: sent } : sent;
          const reply = { kind: "executed", outcome: told } as never;
          const answer = { kind: "replies", replies: [reply] } as const;
          expect(decodeAnswer(encodeAnswer(answer))).toMatchObject(answer);
        }),
        40,
      );
    },
  );

  test("whole batches and greetings", () => {
    check(
      fc.property(anyBatch, (sent) => {
        expect(decodeBatch(encodeBatch(sent))).toMatchObject(sent);
      }),
      40,
    );
    check(
      fc.property(anyGreeting, (sent) => {
        expect(decodeGreeting(encodeGreeting(sent))).toEqual(sent);
      }),
      40,
    );
  });

  test("a value of the largest size in one message", () => {
    const value = new Uint8Array(valueBytesMax).fill(7);
    const operation = { kind: "put", id: "x", value } as const;
    const request = {
      kind: "execute",
      attempt: "a",
      key: "k",
      operation,
      after,
      mayRepeat: false,
      timeoutMs: 1,
    } as const;
    const [read] = decodeBatch(encodeBatch(batchOf(request)))?.requests ?? [];
    expect(
      read?.kind === "execute" &&
        read.operation.kind === "put" &&
        read.operation.value.length,
    ).toBe(valueBytesMax);
  });
});

describe("what is no message is undefined, and nothing throws", () => {
  const decoders = [decodeBatch, decodeAnswer, decodeGreeting, decodeLayout];

  test("damaged messages, read by every decoder", () => {
    const source = fc.oneof(
      anyBatch.map(encodeBatch),
      anyAnswer.map(encodeAnswer),
      anyGreeting.map(encodeGreeting),
      someLayouts.map(encodeLayout),
    );
    let refused = 0;
    check(
      fc.property(damagedBytes(source), (bytes) => {
        for (const decode of decoders)
          if (decode(bytes) === undefined) refused++;
      }),
      1_500,
    );
    // 6,000 readings; most damage shows.
    expect(refused).toBeGreaterThan(4_500);
  });

  test("arbitrary bytes", () => {
    check(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        for (const decode of decoders) expect(decode(bytes)).toBeUndefined();
      }),
      2_000,
    );
  });

  test("a message cut off anywhere, or with anything behind it", () => {
    const bytes = encodeBatch({
      ...batchOf({ kind: "ping" }),
      layout: founded(),
    });
    for (let length = 0; length < bytes.length; length++)
      expect(decodeBatch(bytes.subarray(0, length))).toBeUndefined();
    expect(decodeBatch(Uint8Array.of(...bytes, 0xc0))).toBeUndefined();
  });

  const wire = { version: 1, ...batchOf({ kind: "ping" }) };
  const listing = { kind: "list", partition: 0, limit: 1 };

  test.each([
    ["another version", { ...wire, version: 2 }],
    ["no version", { ...wire, version: undefined }],
    ["no ring", { ...wire, ringId: undefined }],
    ["an empty ring id", { ...wire, ringId: "" }],
    ["an endless ring id", { ...wire, ringId: "r".repeat(65) }],
    ["no target", { ...wire, to: undefined }],
    ["a negative epoch", { ...wire, epoch: -1 }],
    ["an unknown request", { ...wire, requests: [{ kind: "obey" }] }],
    [
      "too many requests",
      {
        ...wire,
        requests: Array.from({ length: batchOperationsMax + 1 }, () => ({
          kind: "ping",
        })),
      },
    ],
    [
      "a partition that no ring has",
      { ...wire, requests: [{ ...listing, partition: partitionCountMax }] },
    ],
    ["a page of nothing", { ...wire, requests: [{ ...listing, limit: 0 }] }],
    [
      "a page of everything",
      { ...wire, requests: [{ ...listing, limit: 1_000_000 }] },
    ],
    [
      "an area of its own",
      {
        ...wire,
        requests: [{ kind: "read", area: "disk", key: "k", withEntry: true }],
      },
    ],
    [
      "a key that is a number",
      {
        ...wire,
        requests: [{ kind: "read", area: "key", key: 5, withEntry: true }],
      },
    ],
    ...["", "k".repeat(1025)].map((key): [string, object] => [
      `a key of ${key.length} bytes`,
      {
        ...wire,
        requests: [{ kind: "read", area: "key", key, withEntry: true }],
      },
    ]),
    [
      "a digest of one partition twice",
      { ...wire, requests: [{ kind: "digest", partitions: [1, 2, 1] }] },
    ],
    [
      "a digest of everything",
      {
        ...wire,
        requests: [
          {
            kind: "digest",
            partitions: Array.from({ length: 65 }, (_, p) => p),
          },
        ],
      },
    ],
    [
      "an accept without an entry",
      {
        ...wire,
        requests: [{ kind: "accept", area: "key", key: "k", ballot: after }],
      },
    ],
    ["no map at all", [wire]],
  ])("a batch with %s", (_, value) => {
    expect(decodeBatch(pack(value))).toBeUndefined();
  });

  test("the same batch without the fault is one, with fields of later versions dropped", () => {
    expect(decodeBatch(pack({ ...wire, later: 1 }))).toMatchObject(
      batchOf({ kind: "ping" }),
    );
    expect(
      decodeBatch(pack({ ...wire, requests: [listing] }))?.requests,
    ).toEqual([listing]);
  });
});
