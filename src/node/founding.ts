/** Opens a node's state: from its store, or by founding a ring of one in an empty store. */

import * as v from "valibot";
import type { Layout, Member, Settings } from "../core/layout.ts";
import { foundingLayout } from "../core/layout-change.ts";
import { memberSchema, settingsSchema } from "../core/layout-codec.ts";
import {
  partitionCountDefault,
  replicaCountDefault,
  valueBytesDefault,
} from "../core/limits.ts";
import { randomId } from "../core/random.ts";
import type { Random, Store } from "../ports.ts";
import {
  decodeState,
  encodeState,
  type NodeState,
  nodeBucket,
  stateKey,
} from "./state.ts";

/** Thrown at the start when the store's record of the node itself cannot be read: it must not forget what it promised. */
export class NodeStateError extends Error {
  override readonly name = "NodeStateError";
  readonly code = "state_unreadable";
}

/** Thrown at the start when the node's options could not be stored and read back, or ask for what is not there. */
export class NodeOptionsError extends Error {
  override readonly name = "NodeOptionsError";
  readonly code = "invalid_options";
}

/** Throws what is wrong with a node's options: nothing is ever stored that could not be read back. */
function checkOptions(
  self: Omit<Member, "id">,
  founding: Partial<Settings>,
): void {
  const member = v.safeParse(memberSchema, { ...self, id: "any" });
  if (!member.success) throw optionsError(member.issues);
  const settings = v.safeParse(v.partial(settingsSchema), founding);
  if (!settings.success) throw optionsError(settings.issues);
}

/** Throws when the store cannot keep what the ring that the node is in promises. */
function checkStore(
  { guarantee, systemGuarantee = guarantee }: Store,
  { settings }: Layout,
): void {
  if (guarantee !== "eventual") return;
  if (settings.consistency === "linearizable")
    throw new NodeOptionsError(
      "This node's store may answer what is over, and cannot keep the promises of a linearizable ring: found an eventual one (--consistency eventual), or use the sqlite, fs or memory store.",
    );
  // Its votes on layouts must not be forgotten: the members would not agree on who keeps what.
  if (systemGuarantee === "eventual")
    throw new NodeOptionsError(
      "A node's own records need a store that never answers what is over: give it one beside its eventual store (splitStore).",
    );
}

function optionsError([issue]: readonly v.BaseIssue<unknown>[]) {
  const path = issue ? (v.getDotPath(issue) ?? "option") : "option";
  return new NodeOptionsError(`${path}: ${issue?.message ?? "invalid"}`);
}

/** Throws `NodeOptionsError` or `NodeStateError`. What it founds is stored before it is given. */
export async function openState(
  store: Store,
  random: Random,
  self: Omit<Member, "id">,
  founding: Partial<Settings>,
): Promise<NodeState> {
  checkOptions(self, founding);
  const stored = await store.read(nodeBucket, stateKey);
  if (stored.kind === "absent") return found(store, random, self, founding);
  const state =
    stored.kind === "record" ? decodeState(stored.bytes) : undefined;
  if (!state)
    throw new NodeStateError(
      `The node's own record in its store cannot be read (${stored.kind === "unreadable" ? stored.reason : "unknown format"}). Start it with an empty data folder and --replace, so that the ring rebuilds it.`,
    );
  checkStore(store, state.stay.layout);
  return state;
}

async function found(
  store: Store,
  random: Random,
  self: Omit<Member, "id">,
  founding: Partial<Settings>,
): Promise<NodeState> {
  const member: Member = { ...self, id: randomId(random) };
  const layout = foundingLayout(randomId(random), member, {
    consistency: "linearizable",
    partitionCount: partitionCountDefault,
    replicaCount: replicaCountDefault,
    valueBytesMax: valueBytesDefault,
    hashSeed: { low: word(random), high: word(random) },
    ...founding,
  });
  checkStore(store, layout);
  const state: NodeState = {
    stay: { memberId: member.id, space: 0, layout },
    isLeaving: false,
    refusedIds: [],
    nextSpace: 1,
    cleanedEpoch: layout.epoch,
    garbage: [],
  };
  const write = encodeState(state);
  await store.update(nodeBucket, stateKey, () => ({ write, result: 0 }));
  return state;
}

function word(random: Random): number {
  return random
    .bytes(4)
    .reduce((number, byte) => (number * 256 + byte) >>> 0, 0);
}
