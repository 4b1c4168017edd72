/** The states of the model of a replacement, and when two of them are the same. */
import { type Ballot, compareBallots } from "../../core/ballot.ts";
import type { ChangeState } from "../../core/change.ts";
import type { Operation } from "../../core/operation.ts";
import type { Input, Outcome } from "../history.ts";
import { ballotName, createNumbers, entryName, remembered } from "./names.ts";
import type { Accept, Node } from "./node.ts";
import { nodeIds } from "./ring.ts";

/** Who acts: a client's write with the node that coordinates it, the driver of the change, or who rebuilds its record. */
export interface Role {
  /** One letter, the proposer in its ballots: ties go to the later one. */
  readonly name: string;
  readonly kind: "write" | "driver" | "rebuild";
  readonly operation: Operation;
  readonly attemptsMax: number;
}

/** How far a role has come. */
export interface Actor {
  readonly role: Role;
  readonly attempts: number;
  readonly isDone: boolean;
  /** How many had been told their outcome when it began; absent before. */
  readonly calledAfter?: number;
  /** The bound of the operation's ballots; absent before the first. */
  readonly after?: Ballot;
  readonly mayRepeat: boolean;
  /** The ballot of the last attempt. */
  readonly last?: Ballot;
  /** The attempt under way: the prepare, or the accept that is awaited. */
  readonly change?: ChangeState;
  /** What it waits for in the second phase. */
  readonly accept?: Accept;
  /** Whose acknowledgement of the accept was lost. */
  readonly unheard: readonly string[];
}

/** An accept that nobody waits for any more, and that may arrive yet. */
export interface Late {
  readonly to: string;
  readonly proposal: Accept;
}

/** What a client was told, and when it had called. */
interface Told {
  readonly name: string;
  readonly input: Input;
  readonly outcome: Outcome;
  readonly calledAfter: number;
}

/** What the driver heard from the old replicas about the key. */
interface Listing {
  readonly answered: readonly string[];
  readonly isListed: boolean;
}

/** How a state came about, for people. */
export interface Course {
  readonly step: () => string;
  readonly before: Course | undefined;
}

/** Everything at one moment. */
export interface State {
  /** In the order of `nodeIds`. */
  readonly nodes: readonly Node[];
  readonly actors: readonly Actor[];
  readonly late: readonly Late[];
  /** Absent once it is complete, and where nothing is listed. */
  readonly listing?: Listing;
  /** Whether a record may still be damaged: one is, and once. */
  readonly mayRot: boolean;
  /** The highest epoch whose layout is decided: any node may store it, at any time. */
  readonly decided: number;
  /** In the order of the answers. */
  readonly told: readonly Told[];
  readonly course?: Course;
}

/** What an actor knows of each node, in letters. */
function sideOf({ change, unheard }: Actor, id: string): string {
  if (change?.phase === "prepare")
    return change.promises.some(({ from }) => from === id) ? "p" : "-";
  if (change)
    return change.accepted.includes(id)
      ? "a"
      : unheard.includes(id)
        ? "u"
        : "-";
  return "";
}

/** What an actor knows of each node, in the order of `nodeIds`, and all else of it. */
const actorKey = remembered((actor: Actor) => ({
  sides: nodeIds.map((id) => sideOf(actor, id)),
  rest: restOf(actor),
}));

function restOf(actor: Actor): string {
  const { change } = actor;
  if (actor.isDone) return `${actor.calledAfter}`;
  const top = change?.phase === "prepare" ? topPromise(change) : undefined;
  return [
    actor.calledAfter,
    actor.attempts,
    actor.mayRepeat,
    ballotName(actor.after),
    ballotName(actor.last),
    change?.phase,
    top,
    entryName(change?.proposal?.entry),
    change?.proposal?.answer.kind,
  ].join("/");
}

/** Of the promises only the highest accepted state counts. */
function topPromise({ promises }: ChangeState): string {
  const top = promises.reduce((best, each) =>
    compareBallots(each.accepted, best.accepted) > 0 ? each : best,
  );
  return `${ballotName(top.accepted)}=${entryName(top.entry)}`;
}

const toldKey = remembered(
  ({ name, outcome, calledAfter }: Told) =>
    `${name}${calledAfter}${JSON.stringify(outcome)}`,
);

/** What was told and what is under way: all that a client's view consists of. */
export function historyKey({ told, actors }: State): string {
  const pending = actors.map(({ role, calledAfter }) =>
    calledAfter === undefined ? "" : `${role.name}${calledAfter}`,
  );
  return `${told.map(toldKey).join(";")}|${pending.join()}`;
}

function mailName(mail: readonly Late[]): string {
  const names = new Set(mail.map(({ proposal }) => proposal.name));
  return [...names].sort().join("+");
}

/**
 * Gives the same text for states that differ in the order of late messages alone or, where A and B are alike, in their
 * names.
 */
export function createStateKey(areAlike: boolean): (state: State) => string {
  const sideNumber = createNumbers();
  const restNumber = createNumbers();
  return (state) => {
    const { nodes, actors, late, listing, mayRot, decided, told } = state;
    const keys = actors.map(actorKey);
    const sides = nodes.map((node, index) => {
      let side = node.name;
      for (const key of keys) side += `|${key.sides[index]}`;
      if (listing?.answered.includes(node.id)) side += "|listed";
      const mail = late.filter(({ to }) => to === node.id);
      return sideNumber(mail.length > 0 ? side + mailName(mail) : side);
    });
    const [a = 0, b = 0, c, d] = sides;
    const rest = restNumber(
      [
        decided,
        listing?.isListed,
        mayRot,
        ...keys.map(({ rest }) => rest),
        ...told.map(toldKey),
      ].join("|"),
    );
    const pair = areAlike && b < a ? `${b},${a}` : `${a},${b}`;
    return `${pair},${c},${d},${rest}`;
  };
}
