/** A node of the model: the epoch it has stored, its register, and what it answers. */
import { type Ballot, epochStart } from "../../core/ballot.ts";
import type { Entry } from "../../core/entry.ts";
import { type Layout, sinceOf } from "../../core/layout.ts";
import {
  accept,
  type Promised,
  type Proposal,
  prepare,
  type Register,
  registerEmpty,
  visible,
} from "../../core/register.ts";
import { ballotName, entryName } from "./names.ts";
import type { Rules } from "./ring.ts";

/** Never changed: what it takes makes another one of it. */
export interface Node {
  readonly id: string;
  /** The highest that it has stored. */
  readonly epoch: number;
  readonly register: Register;
  /** The epoch in which it met its damaged record; absent when it can read it. While it cannot, it answers nobody. */
  readonly unreadableIn?: number;
  /** All that it has stored, in short; not who it is. */
  readonly name: string;
  /** What it has accepted, in short: all that a reader is told. */
  readonly acceptedName: string;
}

/** An accept on its way. */
export interface Accept extends Proposal {
  readonly name: string;
}

/** The node as it is before anything happens. */
export function freshNode(id: string): Node {
  return named({ id, epoch: 1, register: registerEmpty });
}

type Unnamed = Omit<Node, "name" | "acceptedName">;

function named(unnamed: Unnamed): Node {
  const { epoch, register, unreadableIn } = unnamed;
  const { promised, accepted, entry } = register;
  const acceptedName = `${ballotName(accepted)} ${entryName(entry)}`;
  const damage = unreadableIn === undefined ? "" : `!${unreadableIn}`;
  const name = `${epoch}${damage} ${ballotName(promised)} ${acceptedName}`;
  return { ...unnamed, name, acceptedName };
}

/** The accept of this entry. */
export function acceptOf(ballot: Ballot, entry: Entry): Accept {
  return { ballot, entry, name: `${ballotName(ballot)} ${entryName(entry)}` };
}

/** What a promise makes of the node, and what it tells the proposer. */
interface PromisedBy {
  readonly node: Node;
  readonly reply: Promised;
}

/** The answers of nodes under some rules. Each is worked out once, and the same nodes are the same objects. */
export interface Answers {
  /** The node as it is when it answers at the layout's epoch; absent when it does not. */
  enter(layout: Layout, node: Node): Node | undefined;
  /** The node after it promised; absent when it does not. */
  promise(layout: Layout, node: Node, ballot: Ballot): PromisedBy | undefined;
  /** The node after it accepted; absent when it does not. */
  accept(layout: Layout, node: Node, accept: Accept): Node | undefined;
  /** The node after its record was damaged, and it has met that; after a restart where those forget promises. */
  damage(node: Node): Node;
  /** The node after it has stored what the others have accepted, in place of the record that it could not read. */
  rebuild(node: Node, accept: Accept): Node;
}

/** By the functions of core/register.ts, which replicas use, too. */
export function createAnswers(rules: Rules): Answers {
  const pool = createPool();
  const entrances = createMemory<Node>();
  const promises = createMemory<PromisedBy>();
  const accepts = createMemory<Node>();
  return {
    enter: (layout, node) =>
      entrances(node, `${layout.epoch}`, () => {
        const entered = enter(rules, layout, node);
        return entered && pool(entered);
      }),
    promise: (layout, node, ballot) =>
      promises(node, ballotName(ballot), () => {
        const promised = promise(rules, layout, node, ballot);
        return promised && { ...promised, node: pool(promised.node) };
      }),
    accept: (layout, node, proposal) =>
      accepts(node, proposal.name, () => {
        const accepted = takeAccept(rules, layout, node, proposal);
        return accepted && pool(accepted);
      }),
    damage: (node) => pool(damaged(rules, node)),
    rebuild: ({ id, epoch }, { ballot, entry }) =>
      pool({
        id,
        epoch: Math.max(epoch, ballot.epoch),
        register: { promised: ballot, accepted: ballot, entry },
      }),
  };
}

/** Gives one object for all nodes that are the same, so that what is known of one is found by its identity. */
function createPool() {
  const known = new Map<string, Node>();
  return (unnamed: Unnamed): Node => {
    const node = named(unnamed);
    const key = `${node.id} ${node.name}`;
    const found = known.get(key);
    if (!found) known.set(key, node);
    return found ?? node;
  };
}

/** Remembers an answer, and that there was none, by node and message. */
function createMemory<Answer>() {
  const known = new WeakMap<Node, Map<string, Answer | undefined>>();
  return (node: Node, message: string, answer: () => Answer | undefined) => {
    let ofNode = known.get(node);
    if (!ofNode) {
      ofNode = new Map();
      known.set(node, ofNode);
    }
    if (!ofNode.has(message)) ofNode.set(message, answer());
    return ofNode.get(message);
  };
}

/**
 * The node as it is when it answers at the layout's epoch, which it stores first if it is new, and its register as it
 * may be seen there; absent when it refuses the epoch, cannot read its record, or is no replica.
 */
function enter(rules: Rules, layout: Layout, node: Node): Node | undefined {
  const { epoch } = layout;
  if (node.unreadableIn !== undefined) return undefined;
  if (epoch < node.epoch && !rules.answersOlder) return undefined;
  const since = sinceOf(layout, 0, node.id);
  if (since === undefined) return undefined;
  const register = visible(node.register, since);
  if (epoch <= node.epoch && register === node.register) return node;
  return { ...node, epoch: Math.max(epoch, node.epoch), register };
}

function damaged(rules: Rules, { id, epoch, register }: Node): Unnamed {
  if (rules.forgetsPromises)
    return {
      id,
      epoch,
      register: { ...register, promised: register.accepted },
    };
  const lost = { id, epoch, register: registerEmpty };
  return rules.readsDamagedAsAbsent ? lost : { ...lost, unreadableIn: epoch };
}

function promise(rules: Rules, layout: Layout, node: Node, ballot: Ballot) {
  const entered = enter(rules, layout, node);
  if (!entered) return undefined;
  const { register, reply } = prepare(
    entered.register,
    ballot,
    epochStart(layout.epoch),
  );
  if (reply.kind === "refused" || !register) return undefined;
  return { node: { ...entered, register }, reply };
}

function takeAccept(
  rules: Rules,
  layout: Layout,
  node: Node,
  proposal: Proposal,
): Node | undefined {
  const entered = enter(rules, layout, node);
  if (!entered) return undefined;
  const { register, reply } = accept(
    entered.register,
    proposal,
    epochStart(layout.epoch),
  );
  if (reply.kind === "refused") return undefined;
  return register ? { ...entered, register } : entered;
}
