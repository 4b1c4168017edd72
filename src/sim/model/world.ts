/** What stays the same in all states of a model, and the small steps from one state to the next. */
import type { Ballot } from "../../core/ballot.ts";
import type { Entry } from "../../core/entry.ts";
import type { Layout } from "../../core/layout.ts";
import { membersOf, type Quorum } from "../../core/quorum.ts";
import type { Input, Outcome } from "../history.ts";
import { ballotName, remembered } from "./names.ts";
import type { Answers, Node } from "./node.ts";
import type { Rules } from "./ring.ts";
import type { Actor, Role, State } from "./state.ts";

/** One setup: what nodes may answer, and the layouts that the ring goes through. */
export interface World {
  readonly rules: Rules;
  readonly answers: Answers;
  /** Of epochs 1, 2 and so on. */
  readonly layouts: readonly Layout[];
  /** Of these layouts, each. */
  readonly quorums: readonly Quorum[];
  /** Whose record may be damaged, and is rebuilt; absent when nobody's is. */
  readonly damagedId?: string;
}

/** Throws for an epoch that the setup does not have. */
export function layoutOf({ layouts }: World, epoch: number): Layout {
  const layout = layouts[epoch - 1];
  if (!layout) throw new Error(`there is no epoch ${epoch}`);
  return layout;
}

/** The majorities that this epoch asks for. */
export function quorumAt({ quorums }: World, epoch: number): Quorum {
  const quorum = quorums[epoch - 1];
  if (!quorum) throw new Error(`there is no epoch ${epoch}`);
  return quorum;
}

/** Everyone whose vote counts. */
export const votersOf = remembered(membersOf);

/** `who` is the place among the actors; throws when nobody is there. */
export function actorAt({ actors }: State, who: number): Actor {
  const actor = actors[who];
  if (!actor) throw new Error("there is no such actor");
  return actor;
}

/** Throws where no record is damaged. */
export function damagedNode({ damagedId }: World, state: State): Node {
  if (damagedId === undefined) throw new Error("no record is damaged");
  return nodeAt(state, damagedId);
}

/** Throws when there is none of this id. */
export function nodeAt({ nodes }: State, id: string): Node {
  const node = nodes.find((each) => each.id === id);
  if (!node) throw new Error(`there is no node ${id}`);
  return node;
}

/** The state in which this actor stands in the place `who`. */
export function withActor(state: State, who: number, actor: Actor): State {
  return { ...state, actors: state.actors.with(who, actor) };
}

/** The state in which this node stands for the one of its id. */
export function withNode(state: State, node: Node): State {
  const nodes = state.nodes.map((each) => (each.id === node.id ? node : each));
  return { ...state, nodes };
}

/** Remembers the step, for the course of a violation. */
export function note(state: State, step: () => string): State {
  return { ...state, course: { step, before: state.course } };
}

/** The client has its answer. */
export function tell(state: State, actor: Actor, outcome: Outcome): State {
  const { role, calledAfter = 0 } = actor;
  const told = { name: role.name, input: inputOf(role), outcome, calledAfter };
  return { ...state, told: [...state.told, told] };
}

/** The role's operation as a history has it. */
export function inputOf({ kind, operation }: Role): Input {
  if (kind !== "write" || operation.kind !== "put") return { kind: "get" };
  const { conditions } = operation;
  const value = textOf(operation.value);
  return { kind: "put", value, ...(conditions && { conditions }) };
}

/** What a read tells that found this entry. */
export function readOutcome(entry: Entry | undefined): Outcome {
  if (!entry?.value) return { kind: "absent" };
  const revision = ballotName(entry.revision);
  return { kind: "value", value: textOf(entry.value), revision };
}

function textOf(value: Uint8Array): string {
  return String.fromCharCode(...value);
}

/** The highest counter of this epoch that can be met anywhere; 0 when there is none. */
export function highestCounter(state: State, epoch: number): number {
  let highest = 0;
  const meet = (ballot: Ballot | undefined) => {
    if (ballot?.epoch === epoch) highest = Math.max(highest, ballot.counter);
  };
  for (const { register } of state.nodes) {
    meet(register.promised);
    meet(register.accepted);
  }
  for (const { last, isDone } of state.actors) if (!isDone) meet(last);
  for (const { proposal } of state.late) meet(proposal.ballot);
  return highest;
}
