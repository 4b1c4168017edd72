/** A peer with a bug sends numbers that would last: no counter near the end, no time that compares with nothing. */

import { afterEach, describe, expect, test } from "vitest";
import type { Ballot } from "../../src/core/ballot.ts";
import { ballotZero } from "../../src/core/ballot.ts";
import type { Entry } from "../../src/core/entry.ts";
import { counterMax, counterMetMax } from "../../src/core/limits.ts";
import { memoryFrom } from "../../src/core/memory.ts";
import type { PeerReply, PeerRequest } from "../../src/core/message.ts";
import {
  decodeAnswer,
  decodeBatch,
  encodeAnswer,
  encodeBatch,
} from "../../src/core/message-codec.ts";
import { accept, registerEmpty } from "../../src/core/register.ts";
import { type Cluster, createCluster } from "./cluster.ts";

const at = (counter: number): Ballot => ({ epoch: 1, counter, proposer: "p" });
const entryOf = (revision: Ballot): Entry => ({
  value: null,
  createdAt: 1,
  modifiedAt: 1,
  revision,
  memory: memoryFrom(ballotZero),
});
const address = { area: "key", key: "k" } as const;

const isRequest = (request: PeerRequest) =>
  decodeBatch(
    encodeBatch({ ringId: "r", epoch: 1, to: "m", requests: [request] }),
  ) !== undefined;
const isReply = (reply: PeerReply) => {
  const answer = encodeAnswer({ kind: "replies", replies: [reply] });
  const received = decodeAnswer(answer);
  return (
    received?.kind === "replies" && received.replies[0]?.kind === reply.kind
  );
};

let cluster: Cluster | undefined;
afterEach(() => cluster?.close());

describe("a counter beyond what anybody counts to", () => {
  const requests = (ballot: Ballot): readonly PeerRequest[] => [
    { kind: "prepare", ...address, ballot },
    { kind: "accept", ...address, ballot, entry: entryOf(at(1)) },
    { kind: "accept", ...address, ballot: at(1), entry: entryOf(ballot) },
    {
      kind: "accept",
      ...address,
      ballot: at(1),
      next: ballot,
      entry: entryOf(at(1)),
    },
    { kind: "collect", key: "k", accepted: ballot },
    {
      kind: "execute",
      attempt: "a",
      key: "k",
      operation: { kind: "delete", id: "i" },
      after: ballot,
      mayRepeat: false,
      timeoutMs: 1,
    },
  ];
  const replies = (ballot: Ballot): readonly PeerReply[] => [
    {
      kind: "promised",
      accepted: ballot,
      floor: ballotZero,
      collectedAt: 0,
    },
    {
      kind: "promised",
      accepted: ballotZero,
      floor: ballot,
      collectedAt: 0,
    },
    { kind: "refused", promised: ballot },
    { kind: "state", accepted: ballot },
    { kind: "state", accepted: at(1), entry: entryOf(ballot) },
  ];

  test("is refused wherever a message may bring it", () => {
    for (const counter of [1, counterMetMax]) {
      expect(requests(at(counter)).map(isRequest)).not.toContain(false);
      expect(replies(at(counter)).map(isReply)).not.toContain(false);
    }
    for (const counter of [counterMetMax + 1, counterMax - 1, counterMax]) {
      expect(requests(at(counter)).map(isRequest)).not.toContain(true);
      expect(replies(at(counter)).map(isReply)).not.toContain(true);
    }
  });

  test("does not end a node's writes", async () => {
    cluster = createCluster();
    const a = await cluster.start("a");
    const { ringId, epoch } = a.status();
    const to = a.greeting().self.id;
    for (const request of requests(at(counterMax - 1)))
      await a.handlePeer(
        encodeBatch({ ringId, epoch, to, requests: [request] }),
      );
    for (const key of ["k", "other"])
      expect(await a.put(key, new Uint8Array(1))).toMatchObject({ ok: true });
  });
});

test("a time that is no number, or without end, is refused", () => {
  for (const time of [NaN, Infinity, -Infinity]) {
    const accepted = at(1);
    const listed = { name: "k", key: "k", accepted, isTombstone: false };
    expect(
      isReply({
        kind: "promised",
        accepted,
        floor: ballotZero,
        collectedAt: time,
      }),
    ).toBe(false);
    expect(isReply({ kind: "page", keys: [], collectedAt: time })).toBe(false);
    for (const times of [
      { changedAt: time },
      { changedAt: 1, expiresAt: time },
    ]) {
      const keys = [{ ...listed, ...times }];
      expect(isReply({ kind: "page", keys, collectedAt: 0 })).toBe(false);
    }
    expect(
      isRequest({ kind: "inherit", partition: 0, collectedAt: time }),
    ).toBe(false);
  }
});

test("a next ballot below its accept does not lower the promise, and is not promised", () => {
  const proposal = { ballot: at(5), entry: entryOf(at(5)), next: at(3) };
  expect(accept(registerEmpty, proposal, ballotZero)).toEqual({
    register: { promised: at(5), accepted: at(5), entry: proposal.entry },
    reply: { kind: "accepted", sticky: false },
  });
});
