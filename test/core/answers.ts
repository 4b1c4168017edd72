/** Random answers of peers: one arbitrary for each kind, so that a kind that is added without one does not compile. */
import fc from "fast-check";
import type {
  ExecuteOutcome,
  Greeting,
  PeerAnswer,
  PeerReply,
} from "../../src/core/message.ts";
import type { Answer } from "../../src/core/operation.ts";
import {
  anyBallot,
  anyEntry,
  anyId,
  anyNumber,
  anyTime,
} from "./arbitraries.ts";
import { someLayouts } from "./layouts.ts";
import {
  anyMember,
  type ByKind,
  count,
  fields,
  oneOf,
  text,
  whole,
} from "./requests.ts";

/** By kind. */
export const answers: ByKind<Answer> = {
  applied: fields(
    {
      kind: fc.constant("applied"),
      revision: anyBallot,
      created: fc.boolean(),
      number: anyNumber,
      expiresAt: anyTime,
    },
    ["kind", "revision", "created"],
  ),
  touched: fields(
    { kind: fc.constant("touched"), revision: anyBallot, expiresAt: anyTime },
    ["kind"],
  ),
  "not-a-number": fc.record({ kind: fc.constant("not-a-number") }),
  "out-of-bounds": fc.record({
    kind: fc.constant("out-of-bounds"),
    number: anyNumber,
  }),
  "no-such-key": fc.record({ kind: fc.constant("no-such-key") }),
  "condition-failed": fields(
    { kind: fc.constant("condition-failed"), revision: anyBallot },
    ["kind"],
  ),
  unchanged: fc.record({ kind: fc.constant("unchanged") }),
  outdated: fc.record({ kind: fc.constant("outdated"), highest: anyBallot }),
};

/** By kind. */
export const outcomes: ByKind<ExecuteOutcome> = {
  committed: fc.record({
    kind: fc.constant("committed"),
    answer: oneOf(answers),
  }),
  "not-replica": fc.record({ kind: fc.constant("not-replica") }),
  "no-quorum": fc.record({ kind: fc.constant("no-quorum") }),
  unknown: fc.record({ kind: fc.constant("unknown") }),
  forgotten: fc.record({ kind: fc.constant("forgotten") }),
};

const error = fields(
  {
    code: fc.constantFrom("no_quorum", "name_taken", "internal"),
    message: text,
    details: fc.record({ members: fc.array(text), epoch: whole }),
  },
  ["code", "message"],
);

const listedKey = fields(
  {
    name: text,
    key: text,
    accepted: anyBallot,
    isTombstone: fc.boolean(),
    changedAt: anyTime,
    expiresAt: anyTime,
  },
  ["name", "key", "accepted", "isTombstone", "changedAt"],
);

/** By kind. */
export const replies: ByKind<PeerReply> = {
  merged: fc.record({ kind: fc.constant("merged") }),
  held: fc.record({ kind: fc.constant("held"), accepted: anyBallot }),
  promised: fields(
    {
      kind: fc.constant("promised"),
      accepted: anyBallot,
      entry: anyEntry,
      floor: anyBallot,
      collectedAt: anyTime,
    },
    ["kind", "accepted", "floor", "collectedAt"],
  ),
  accepted: fc.record({ kind: fc.constant("accepted"), sticky: fc.boolean() }),
  refused: fc.record({ kind: fc.constant("refused"), promised: anyBallot }),
  state: fields(
    {
      kind: fc.constant("state"),
      accepted: anyBallot,
      entry: anyEntry,
      collectedAt: anyTime,
    },
    ["kind", "accepted"],
  ),
  executed: fc.record({
    kind: fc.constant("executed"),
    outcome: oneOf(outcomes),
  }),
  page: fields(
    {
      kind: fc.constant("page"),
      keys: fc.array(listedKey, { maxLength: 4 }),
      collectedAt: anyTime,
      next: text,
    },
    ["kind", "keys", "collectedAt"],
  ),
  digests: fc.record({
    kind: fc.constant("digests"),
    digests: fc.array(text, { maxLength: 4 }),
  }),
  collected: fc.record({
    kind: fc.constant("collected"),
    removed: fc.boolean(),
  }),
  inherited: fc.record({ kind: fc.constant("inherited") }),
  pong: fields(
    {
      kind: fc.constant("pong"),
      progress: fc.record({
        epoch: whole,
        partitionsDone: count,
        partitionsTotal: count,
        keysCopied: whole,
      }),
      vitals: fields(
        {
          records: count,
          bytes: whole,
          partitionsCounted: count,
          operations: whole,
          operationMs: whole,
          problem: text,
        },
        ["records", "bytes", "partitionsCounted", "operations", "operationMs"],
      ),
    },
    ["kind"],
  ),
  proposed: fc.record({ kind: fc.constant("proposed"), epoch: whole }),
  done: fc.record({ kind: fc.constant("done") }),
  abstained: fc.record({
    kind: fc.constant("abstained"),
    reason: fc.constantFrom("unreadable", "not-replica", "store-failed"),
  }),
  error: fc.record({ kind: fc.constant("error"), error }),
};

/** By kind. */
export const peerAnswers: ByKind<PeerAnswer> = {
  replies: fc.record({
    kind: fc.constant("replies"),
    replies: fc.array(oneOf(replies), { maxLength: 4 }),
  }),
  stale: fc.record({ kind: fc.constant("stale"), layout: someLayouts }),
  behind: fc.record({ kind: fc.constant("behind"), epoch: whole }),
  "other-process": fc.record({
    kind: fc.constant("other-process"),
    process: anyId,
  }),
};

/** Of any kind. */
export const anyAnswer: fc.Arbitrary<PeerAnswer> = oneOf(peerAnswers);

/** Who a node says it is. */
export const anyGreeting: fc.Arbitrary<Greeting> = fc.record({
  versions: fc.tuple(count, count),
  layout: someLayouts,
  self: anyMember,
});
