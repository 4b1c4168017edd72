/** The states of the model of two proposers, and by what two of them are the same. */

import { type Ballot, compareBallots } from "../../src/core/ballot.ts";
import type { ChangeOutcome, ChangeState } from "../../src/core/change.ts";
import type { Entry } from "../../src/core/entry.ts";
import type { Operation } from "../../src/core/operation.ts";
import type { Proposal, Register } from "../../src/core/register.ts";
import { remembered } from "../../src/sim/model/names.ts";
import { memoryOf } from "./memories.ts";

/** Three, alike. */
export const acceptorIds = ["0", "1", "2"];

/** A message that may be handled yet. */
export interface Message {
  readonly to: number;
  readonly from: number;
  readonly ballot: Ballot;
  /** Present in an accept, absent in a prepare. */
  readonly proposal?: Proposal;
  /** Whether its sender still waits for the answer. */
  readonly isAwaited: boolean;
}

/** One of the two. */
export interface Proposer {
  /** The operation under way, by its place; all done when there is none. */
  readonly at: number;
  readonly attempts: number;
  readonly counter: number;
  readonly after: Ballot;
  readonly mayRepeat: boolean;
  readonly change?: ChangeState;
  readonly next?: Ballot;
  readonly sticky?: { readonly ballot: Ballot; readonly entry: Entry };
}

/** What a client was told. */
export interface Told {
  readonly operation: Operation;
  readonly outcome: ChangeOutcome;
  readonly ballot: Ballot;
}

/** Everything at one moment. */
export interface State {
  readonly acceptors: readonly Register[];
  readonly messages: readonly Message[];
  readonly proposers: readonly Proposer[];
  readonly told: readonly Told[];
  readonly timeouts: number;
}

/** What was told, in words. */
export function outcomesOf({ told }: State): string {
  return told
    .map(({ operation, outcome }) => {
      const id = "id" in operation ? operation.id : operation.kind;
      return `${id} ${outcome.kind === "committed" ? outcome.answer.kind : outcome.kind}`;
    })
    .sort()
    .join(", ");
}

const short = ({ counter, proposer }: Ballot) => `${counter}${proposer}`;

/** The entry by its past: the ids that were decided, in order, and the ballot of its value. */
const nameOf = remembered(
  (entry: Entry) =>
    `${memoryOf(entry)
      .operations.map(({ id, effect }) => id + effect[0])
      .join("")}@${short(entry.revision)}`,
);
const nameOfAny = (entry: Entry | undefined) => (entry ? nameOf(entry) : "");

const registerKey = remembered(
  ({ promised, accepted, entry }: Register) =>
    `${short(promised)} ${short(accepted)} ${nameOfAny(entry)}`,
);

const messageKey = remembered(
  ({ from, ballot, proposal, isAwaited }: Message) =>
    `${from}${isAwaited ? "+" : "-"}${short(ballot)} ${nameOfAny(proposal?.entry)} ${proposal?.next?.counter}`,
);

/** What the proposer knows of each acceptor. */
const votesOf = remembered((change: ChangeState) =>
  acceptorIds.map((id) => {
    const promise = change.promises.find(({ from }) => from === id);
    const lists = [
      change.accepted,
      change.sticky,
      change.refused,
      change.failed,
    ];
    const flags = lists.map((list) => (list.includes(id) ? 1 : 0)).join("");
    return `${promise ? short(promise.accepted) : "-"} ${flags}`;
  }),
);

const proposerKey = remembered(({ change, sticky, ...proposer }: Proposer) =>
  [
    proposer.at,
    proposer.attempts,
    proposer.counter,
    proposer.after.counter,
    proposer.mayRepeat,
    change?.phase,
    change && short(change.input.ballot),
    nameOfAny(change?.proposal?.entry),
    sticky?.ballot.counter,
    nameOfAny(sticky?.entry),
    proposer.next?.counter,
  ].join(),
);

const toldKey = remembered(
  ({ outcome, ballot }: Told) =>
    `${outcome.kind} ${short(ballot)} ${outcome.kind === "committed" ? nameOf(outcome.entry) : ""}`,
);

/** The same for states that differ in the acceptors' names alone, or in the order of messages. */
export function keyOf({
  acceptors,
  messages,
  proposers,
  told,
  timeouts,
}: State): string {
  const sides = acceptors.map((register, to) => {
    const mail = messages
      .filter((message) => message.to === to)
      .map(messageKey)
      .sort();
    const votes = proposers.map(({ change }) =>
      change ? votesOf(change)[to] : "",
    );
    return `${registerKey(register)}|${mail.join("|")}|${votes.join("|")}`;
  });
  const rest = [...proposers.map(proposerKey), ...told.map(toldKey).sort()];
  return `${sides.sort().join("/")}/${rest.join("/")}/${timeouts}`;
}

/** The proposer at that place. */
export function proposerOf(state: State, who: number): Proposer {
  const proposer = state.proposers[who];
  if (!proposer) throw new Error("there are two proposers");
  return proposer;
}

/** The state with another proposer there. */
export function replace(state: State, who: number, proposer: Proposer): State {
  return { ...state, proposers: state.proposers.with(who, proposer) };
}

/** The entry with the highest accepted ballot. */
export function topOf(registers: readonly Register[]): Entry | undefined {
  return registers.reduce((top, register) =>
    compareBallots(register.accepted, top.accepted) > 0 ? register : top,
  ).entry;
}

/** The messages, of which this proposer awaits none any more. */
export function forgotten(
  messages: readonly Message[],
  who: number,
): readonly Message[] {
  return messages.map((message) =>
    message.from === who ? { ...message, isAwaited: false } : message,
  );
}
