/** Random peer requests: one arbitrary for each kind, so that a kind that is added without one does not compile. */
import fc from "fast-check";
import type { Member } from "../../src/core/layout.ts";
import type { LayoutChange } from "../../src/core/layout-change.ts";
import { partitionCountMax } from "../../src/core/limits.ts";
import type { PeerBatch, PeerRequest } from "../../src/core/message.ts";
import type { Operation } from "../../src/core/operation.ts";
import {
  anyBallot,
  anyContent,
  anyEntry,
  anyId,
  anyNumber,
  anyTime,
} from "./arbitraries.ts";
import { someLayouts } from "./layouts.ts";

/** An arbitrary for each kind of a union. */
export type ByKind<Union extends { readonly kind: string }> = {
  readonly [Kind in Union["kind"]]: fc.Arbitrary<
    Extract<Union, { readonly kind: Kind }>
  >;
};

/** Any kind of the union. */
export function oneOf<Union extends { readonly kind: string }>(
  byKind: ByKind<Union>,
): fc.Arbitrary<Union> {
  const each: readonly fc.Arbitrary<Union>[] = Object.values(byKind);
  return fc.oneof(...each);
}

/** A record whose fields other than the required ones may be left out, as the core leaves out what is absent. */
export function fields<T, Required extends keyof T & string>(
  model: { [Key in keyof T]: fc.Arbitrary<T[Key]> },
  requiredKeys: readonly Required[],
) {
  return fc.record(model, { requiredKeys: [...requiredKeys] });
}

/** Any text, short. */
export const text = fc.string({ unit: "binary", maxLength: 24 });
const anyKey = fc.string({ unit: "binary", minLength: 1, maxLength: 24 });
/** A whole number of any size. */
export const whole = fc.oneof(fc.nat(), fc.maxSafeNat());
const bytes = fc.uint8Array({ maxLength: 48 });
/** A small whole number. */
export const count = fc.nat({ max: 300 });
const partition = fc.nat({ max: partitionCountMax - 1 });
const operationId = fc.string({ unit: "binary", minLength: 1, maxLength: 64 });

const word = fc.string({
  unit: fc.constantFrom("a", "Z", "0", "-", "é", "東"),
  minLength: 1,
  maxLength: 12,
});
/** A member with every field at its bounds or away. */
export const anyMember: fc.Arbitrary<Member> = fields(
  {
    id: anyId,
    name: word,
    url: word.map((host) => `http://${host}`),
    zone: word,
    weight: fc.double({ min: 0.001, max: 1e6, noNaN: true }),
    guarantee: fc.constantFrom("durable", "volatile", "eventual"),
    versions: fc.tuple(count, count),
  },
  ["id", "name", "url", "weight", "guarantee", "versions"],
);

const revisions = fc.oneof(
  fc.constant<"*">("*"),
  fc.array(text, { maxLength: 3 }),
);
const conditions = fields({ ifMatch: revisions, ifNoneMatch: revisions }, []);

/** By kind. */
export const operations: ByKind<Operation> = {
  put: fields(
    {
      kind: fc.constant("put"),
      id: operationId,
      value: bytes,
      contentType: text,
      metadata: fc.constantFrom("{}", '{"owner":"ada"}'),
      ttlMs: whole,
      conditions,
    },
    ["kind", "id", "value"],
  ),
  increment: fields(
    {
      kind: fc.constant("increment"),
      id: operationId,
      by: anyNumber,
      min: anyNumber,
      max: anyNumber,
      ttlMs: whole,
      conditions,
    },
    ["kind", "id", "by"],
  ),
  touch: fields(
    { kind: fc.constant("touch"), id: operationId, ttlMs: whole, conditions },
    ["kind", "id"],
  ),
  delete: fields({ kind: fc.constant("delete"), id: operationId, conditions }, [
    "kind",
    "id",
  ]),
  import: fc.record({
    kind: fc.constant("import"),
    id: operationId,
    entry: anyContent,
  }),
  refresh: fc.record({ kind: fc.constant("refresh"), expire: fc.boolean() }),
  propose: fc.record({ kind: fc.constant("propose"), value: bytes }),
};

/** By kind. */
export const layoutChanges: ByKind<LayoutChange> = {
  join: fc.record({ kind: fc.constant("join"), member: anyMember }),
  leave: fc.record({ kind: fc.constant("leave"), id: anyId }),
  remove: fc.record({ kind: fc.constant("remove"), id: anyId }),
  replace: fc.record({
    kind: fc.constant("replace"),
    id: anyId,
    member: anyMember,
  }),
  update: fc.record({ kind: fc.constant("update"), member: anyMember }),
  "replica-count": fc.record({
    kind: fc.constant("replica-count"),
    replicaCount: whole,
  }),
  rebalance: fc.record({ kind: fc.constant("rebalance") }),
};

const address = {
  area: fc.constantFrom("key", "system"),
  key: anyKey,
} as const;

/** By kind. */
export const requests: ByKind<PeerRequest> = {
  prepare: fc.record({
    kind: fc.constant("prepare"),
    ...address,
    ballot: anyBallot,
  }),
  accept: fields(
    {
      kind: fc.constant("accept"),
      ...address,
      ballot: anyBallot,
      entry: anyEntry,
      next: anyBallot,
    },
    ["kind", "area", "key", "ballot", "entry"],
  ),
  read: fields(
    {
      kind: fc.constant("read"),
      ...address,
      withEntry: fc.boolean(),
      watcher: anyId,
    },
    ["kind", "area", "key", "withEntry"],
  ),
  changed: fc.record({
    kind: fc.constant("changed"),
    keys: fc.array(anyKey, { maxLength: 4 }),
  }),
  merge: fields(
    {
      kind: fc.constant("merge"),
      key: anyKey,
      ballot: anyBallot,
      entry: anyEntry,
      outside: fc.boolean(),
    },
    ["kind", "key", "ballot", "entry"],
  ),
  execute: fc.record({
    kind: fc.constant("execute"),
    attempt: anyId,
    key: anyKey,
    operation: oneOf(operations),
    after: anyBallot,
    mayRepeat: fc.boolean(),
    timeoutMs: count,
  }),
  list: fields(
    {
      kind: fc.constant("list"),
      partition,
      after: text,
      limit: fc.integer({ min: 1, max: 256 }),
    },
    ["kind", "partition", "limit"],
  ),
  digest: fc.record({
    kind: fc.constant("digest"),
    partitions: fc.uniqueArray(partition, { maxLength: 8 }),
  }),
  collect: fc.record({
    kind: fc.constant("collect"),
    key: anyKey,
    accepted: anyBallot,
  }),
  inherit: fc.record({
    kind: fc.constant("inherit"),
    partition,
    collectedAt: anyTime,
  }),
  ping: fields({ kind: fc.constant("ping"), withVitals: fc.boolean() }, [
    "kind",
  ]),
  propose: fc.record({
    kind: fc.constant("propose"),
    change: oneOf(layoutChanges),
  }),
  leave: fc.record({ kind: fc.constant("leave") }),
  invite: fc.record({
    kind: fc.constant("invite"),
    urls: fc.array(fc.webUrl(), { minLength: 1, maxLength: 3 }),
  }),
  switch: fc.record({ kind: fc.constant("switch"), layout: someLayouts }),
};

/** Whole batches. */
export const anyBatch: fc.Arbitrary<PeerBatch> = fields(
  {
    ringId: anyId,
    epoch: whole,
    to: anyId,
    process: anyId,
    requests: fc.array(oneOf(requests), { maxLength: 4 }),
    layout: someLayouts,
  },
  ["ringId", "epoch", "to", "requests"],
);
