/** One message of each kind, with every field: what the golden bytes are made of. A kind without one does not compile. */

import type { Ballot } from "../../src/core/ballot.ts";
import type { Entry } from "../../src/core/entry.ts";
import type { Layout } from "../../src/core/layout.ts";
import type { LayoutChange } from "../../src/core/layout-change.ts";
import { memoryFrom } from "../../src/core/memory.ts";
import type {
  PeerAnswer,
  PeerReply,
  PeerRequest,
} from "../../src/core/message.ts";
import type { Operation } from "../../src/core/operation.ts";
import { founded, memberOf } from "./layouts.ts";
import { encodeMemory } from "./memories.ts";

type ExampleOf<Union extends { readonly kind: string }> = {
  readonly [Kind in Union["kind"]]: Extract<Union, { readonly kind: Kind }>;
};

const ballot: Ballot = {
  epoch: 3,
  counter: 70_000,
  proposer: "proposerProposerABC-_9",
};
const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const earlier: Ballot = { epoch: 2, counter: 5, proposer: "p" };

/** An entry with every field. */
export const entry: Entry = {
  value: Uint8Array.of(0, 127, 128, 255),
  contentType: "text/plain; charset=utf-8",
  metadata: '{"owner":"ada"}',
  revision: ballot,
  createdAt: 1_700_000_000_000,
  modifiedAt: 1_700_000_000_000.5,
  expiresAt: 1_800_000_000_000,
  touched: ballot,
  memory: encodeMemory({
    operations: [
      { id: "k:a", ballot: earlier, at: 1_700_000_000_000, effect: "created" },
      { id: "b", ballot: earlier, at: 1_700_000_000_000.5, effect: "none" },
      {
        id: "opaque",
        ballot,
        at: 1_700_000_000_001,
        effect: "condition-failed",
      },
      { id: "n", ballot, at: 1, effect: "changed", number: 6.5 },
      { id: "t", ballot, at: 2, effect: "touched" },
    ],
    idsFrom: earlier,
  }),
};

/** A tombstone: what is absent is left out. */
export const tombstone: Entry = {
  value: null,
  revision: ballot,
  createdAt: 1,
  modifiedAt: 0,
  memory: memoryFrom({ epoch: 3, counter: 0, proposer: "" }),
};

const member = memberOf("b", {
  zone: "rack-2",
  weight: 1.5,
  guarantee: "volatile",
});

/** A joint layout, small enough to read: `b` joins `a`. */
export const layout: Layout = {
  ...founded({ partitionCount: 2 }),
  epoch: 4,
  phase: "joint",
  members: [memberOf("a"), member],
  next: {
    settings: founded({ partitionCount: 2 }).settings,
    members: [memberOf("a"), member],
    system: ["a", "b"],
    table: [
      [
        { id: "a", since: 1 },
        { id: "b", since: 4 },
      ],
      [
        { id: "b", since: 4 },
        { id: "a", since: 1 },
      ],
    ],
    joining: ["b"],
  },
};

/** Operations travel in `execute`. */
export const operations: ExampleOf<Operation> = {
  put: {
    kind: "put",
    id: "k:order-7",
    value: Uint8Array.of(1),
    contentType: "a/b",
    metadata: '{"owner":"ada"}',
    ttlMs: 60_000,
    conditions: { ifMatch: ["3-1-p"], ifNoneMatch: "*" },
  },
  delete: { kind: "delete", id: "x", conditions: { ifMatch: "*" } },
  increment: {
    kind: "increment",
    id: "k:count-1",
    by: -0.5,
    min: 0,
    max: 10,
    ttlMs: 60_000,
    conditions: { ifMatch: "*" },
  },
  touch: {
    kind: "touch",
    id: "k:renew-1",
    ttlMs: 30_000,
    conditions: { ifMatch: ["3-1-p"] },
  },
  import: {
    kind: "import",
    id: "ring:1-2-p",
    entry: { value: null, createdAt: 1, modifiedAt: 2 },
  },
  refresh: { kind: "refresh", expire: true },
  propose: { kind: "propose", value: Uint8Array.of(9) },
};

/** Membership changes travel in `propose`. */
export const changes: ExampleOf<LayoutChange> = {
  join: { kind: "join", member },
  leave: { kind: "leave", id: "b" },
  remove: { kind: "remove", id: "b" },
  replace: { kind: "replace", id: "a", member },
  update: { kind: "update", member },
  "replica-count": { kind: "replica-count", replicaCount: 5 },
  rebalance: { kind: "rebalance" },
};

/** Requests, in a batch. */
export const requests: ExampleOf<PeerRequest> = {
  prepare: { kind: "prepare", area: "key", key: "東京", ballot, traceparent },
  accept: {
    kind: "accept",
    area: "system",
    key: "layout/5",
    ballot,
    entry,
    next: ballot,
  },
  read: {
    kind: "read",
    area: "key",
    key: "k",
    withEntry: true,
    watcher: "member",
  },
  merge: { kind: "merge", key: "k", ballot, entry, outside: true },
  execute: {
    kind: "execute",
    attempt: "attempt",
    key: "k",
    operation: operations.put,
    after: earlier,
    mayRepeat: true,
    timeoutMs: 2_000,
  },
  list: { kind: "list", partition: 1023, after: "k-a", limit: 256 },
  digest: { kind: "digest", partitions: [0, 1023] },
  collect: { kind: "collect", key: "k", accepted: ballot },
  inherit: { kind: "inherit", partition: 7, collectedAt: 1_700_000_000_000 },
  changed: { kind: "changed", keys: ["k", "東京"] },
  ping: { kind: "ping", withVitals: true },
  propose: { kind: "propose", change: changes.join },
  leave: { kind: "leave" },
  invite: { kind: "invite", urls: ["http://127.0.0.1:8000"] },
  switch: { kind: "switch", layout },
};

const error = {
  code: "change_in_progress",
  message: "Another membership change is in progress.",
  details: { members: ["a", "b"], epoch: 4 },
} as const;

/** Replies, in an answer. */
export const replies: ExampleOf<PeerReply> = {
  promised: {
    kind: "promised",
    accepted: ballot,
    entry,
    floor: earlier,
    collectedAt: 5,
  },
  accepted: { kind: "accepted", sticky: true },
  refused: { kind: "refused", promised: ballot },
  state: { kind: "state", accepted: ballot, entry: tombstone },
  merged: { kind: "merged" },
  held: { kind: "held", accepted: ballot },
  executed: {
    kind: "executed",
    outcome: {
      kind: "committed",
      answer: { kind: "applied", revision: ballot, created: true },
    },
  },
  page: {
    kind: "page",
    keys: [
      {
        name: "k-a",
        key: "a",
        accepted: ballot,
        isTombstone: false,
        changedAt: 1,
        expiresAt: 2,
      },
    ],
    collectedAt: 0,
    next: "k-a",
  },
  digests: { kind: "digests", digests: ["2-ffffffff-0", ""] },
  collected: { kind: "collected", removed: true },
  inherited: { kind: "inherited" },
  pong: {
    kind: "pong",
    progress: {
      epoch: 4,
      partitionsDone: 1,
      partitionsTotal: 2,
      keysCopied: 300,
    },
    vitals: {
      records: 12,
      bytes: 3_400,
      partitionsCounted: 2,
      operations: 5,
      operationMs: 60,
      problem: "store_failed",
    },
  },
  proposed: { kind: "proposed", epoch: 4 },
  done: { kind: "done" },
  abstained: { kind: "abstained", reason: "not-replica" },
  error: { kind: "error", error },
};

/** Answers of a peer to a batch. */
export const answers: ExampleOf<PeerAnswer> = {
  replies: { kind: "replies", replies: [replies.accepted, replies.refused] },
  stale: { kind: "stale", layout },
  behind: { kind: "behind", epoch: 3 },
  "other-process": { kind: "other-process", process: "process" },
};
