/** What the proposers of the model do: attempts at a change, run by the step machine of the core. */
import { type Ballot, epochStart } from "../../core/ballot.ts";
import {
  beginChange,
  type ChangeOutcome,
  type ChangeState,
  type ChangeStep,
} from "../../core/change.ts";
import type { Outcome } from "../history.ts";
import { ballotName } from "./names.ts";
import { acceptOf } from "./node.ts";
import type { Actor, Late, Role, State } from "./state.ts";
import {
  actorAt,
  damagedNode,
  highestCounter,
  layoutOf,
  nodeAt,
  note,
  quorumAt,
  tell,
  votersOf,
  type World,
  withActor,
  withNode,
} from "./world.ts";

/** What a node's answer does. */
export interface Reached {
  readonly state: State;
  /** Whether it was the last that the phase needed. */
  readonly isLast: boolean;
}

/**
 * The attempts that an actor may begin: at any decided epoch from its last one on, with any ballot above its own up to
 * the first above all others of that epoch, or the second where somebody may yet come between. An accept that it waits for is given up.
 */
export function* begin(
  world: World,
  state: State,
  who: number,
): Generator<State> {
  const { role, attempts, change, last } = actorAt(state, who);
  if (attempts >= role.attemptsMax || change?.phase === "prepare") return;
  const [epochMin, epochMax] = epochsFor(world, state, role);
  for (
    let epoch = Math.max(epochMin, last?.epoch ?? 1);
    epoch <= epochMax;
    epoch++
  ) {
    const own = last?.epoch === epoch ? last.counter : 0;
    const highest = Math.max(own, highestCounter(state, epoch));
    const counterMax = highest + (needsRoom(state, role) ? 2 : 1);
    for (let counter = own + 1; counter <= counterMax; counter++)
      yield attempt(world, state, who, {
        epoch,
        counter,
        proposer: role.name,
      });
  }
}

/** The first and the last in which the role may act now; the first is above the last when it may not. */
function epochsFor(
  world: World,
  state: State,
  { kind }: Role,
): readonly [number, number] {
  if (kind === "driver") return [2, 2];
  if (kind === "write") return [1, state.decided];
  const { unreadableIn = state.decided } = damagedNode(world, state);
  const { rebuildsAtOnce } = world.rules;
  return [rebuildsAtOnce ? unreadableIn : unreadableIn + 1, state.decided];
}

/** Whether somebody may begin later whose ballot is above this role's of the same counter. */
function needsRoom({ actors }: State, { name }: Role): boolean {
  return actors.some(
    ({ role, isDone, attempts }) =>
      role.name > name && !isDone && attempts < role.attemptsMax,
  );
}

function attempt(
  world: World,
  state: State,
  who: number,
  ballot: Ballot,
): State {
  const actor = actorAt(state, who);
  const left = abandoned(world, actor);
  const { mayRepeat } = left;
  const after = actor.after ?? {
    ...ballot,
    counter: ballot.counter - 1,
    proposer: "~",
  };
  const { state: change } = beginChange({
    quorum: quorumAt(world, ballot.epoch),
    operation: actor.role.operation,
    ballot,
    now: 1,
    floor: epochStart(ballot.epoch),
    after,
    mayRepeat,
  });
  const begun: Actor = {
    role: actor.role,
    attempts: actor.attempts + 1,
    isDone: false,
    calledAfter: actor.calledAfter ?? state.told.length,
    after,
    mayRepeat,
    last: ballot,
    change,
    unheard: [],
  };
  const late = [...state.late, ...left.late];
  return { ...withActor(state, who, begun), late };
}

/** The prepare reaches a node that promises; absent when it does not: a refusal says nothing that silence does not. */
export function promiseFrom(
  world: World,
  state: State,
  who: number,
  to: string,
): Reached | undefined {
  const { change, role } = actorAt(state, who);
  if (change?.phase !== "prepare") return undefined;
  if (!votersOf(change.input.quorum).includes(to)) return undefined;
  if (change.promises.some(({ from }) => from === to)) return undefined;
  const { ballot } = change.input;
  const layout = layoutOf(world, ballot.epoch);
  const answer = world.answers.promise(layout, nodeAt(state, to), ballot);
  if (!answer) return undefined;
  const floor = epochStart(0);
  const reply = { ...answer.reply, from: to, floor, collectedAt: 0 };
  const reached = note(
    withNode(state, answer.node),
    () => `${to} promises ${ballotName(ballot)} to ${role.name}`,
  );
  return carryOut(world, reached, who, world.rules.stepChange(change, reply));
}

/** The accept reaches a node that takes it; absent when it does not. */
export function acceptFrom(
  world: World,
  state: State,
  who: number,
  to: string,
): Reached | undefined {
  const { change, accept, unheard, role } = actorAt(state, who);
  if (!change || !accept) return undefined;
  if (!votersOf(change.input.quorum).includes(to)) return undefined;
  if (change.accepted.includes(to) || unheard.includes(to)) return undefined;
  const { ballot } = change.input;
  const layout = layoutOf(world, ballot.epoch);
  const accepted = world.answers.accept(layout, nodeAt(state, to), accept);
  if (!accepted) return undefined;
  const reached = note(
    withNode(state, accepted),
    () => `${to} accepts ${ballotName(ballot)} of ${role.name}`,
  );
  const step = world.rules.stepChange(change, {
    kind: "accepted",
    from: to,
    sticky: false,
  });
  return carryOut(world, reached, who, step);
}

/** The same, but the acknowledgement is lost. */
export function unheardFrom(
  world: World,
  state: State,
  who: number,
  to: string,
): State | undefined {
  const heard = acceptFrom(world, state, who, to);
  if (!heard) return undefined;
  const actor = actorAt(state, who);
  const deaf = { ...actor, unheard: [...actor.unheard, to] };
  const accepted = nodeAt(heard.state, to);
  return note(
    withNode(withActor(state, who, deaf), accepted),
    () => `${to} accepts unheard what ${actor.role.name} sent`,
  );
}

function carryOut(
  world: World,
  state: State,
  who: number,
  { state: change, effects }: ChangeStep,
): Reached {
  for (const effect of effects)
    if (effect.kind === "end")
      return { state: finish(world, state, who, effect.outcome), isLast: true };
  const actor = { ...actorAt(state, who), change };
  for (const effect of effects)
    if (effect.kind === "send-accept") {
      const accept = acceptOf(change.input.ballot, effect.entry);
      const asking = withActor(state, who, { ...actor, accept });
      return { state: asking, isLast: true };
    }
  return { state: withActor(state, who, actor), isLast: false };
}

function finish(
  world: World,
  state: State,
  who: number,
  outcome: ChangeOutcome,
): State {
  const actor = actorAt(state, who);
  const late = [...state.late, ...abandoned(world, actor).late];
  const { change: _, accept: __, after, ...rest } = actor;
  const ended: Actor = { ...rest, unheard: [] };
  if (outcome.kind !== "committed")
    return { ...withActor(state, who, { ...ended, isDone: true }), late };
  const { answer, entry } = outcome;
  // Nothing was executed: it begins anew.
  if (answer.kind === "outdated")
    return { ...withActor(state, who, { ...ended, mayRepeat: false }), late };
  const done = { ...withActor(state, who, { ...ended, isDone: true }), late };
  switch (actor.role.kind) {
    case "driver":
      return note({ ...done, decided: 3 }, () => "epoch 3 is decided");
    case "rebuild": {
      const { ballot } = actor.change?.input ?? {};
      if (!ballot) throw new Error("what was committed had no ballot");
      const node = damagedNode(world, done);
      const rebuilt = world.answers.rebuild(node, acceptOf(ballot, entry));
      return note(withNode(done, rebuilt), () => `${node.id} is rebuilt`);
    }
    case "write":
      return tell(done, actor, writeOutcome(answer));
  }
}

function writeOutcome(
  answer: Exclude<
    Extract<ChangeOutcome, { kind: "committed" }>["answer"],
    { kind: "outdated" }
  >,
): Outcome {
  switch (answer.kind) {
    case "applied":
      return {
        kind: "applied",
        revision: ballotName(answer.revision),
        created: answer.created,
      };
    case "condition-failed":
      return { kind: "condition-failed" };
    default:
      throw new Error("a put writes, or its condition fails");
  }
}

/** What an attempt leaves behind that is given up: accepts on their way, and the doubt whether it took effect. */
function abandoned(
  world: World,
  { change, accept, unheard, mayRepeat }: Actor,
): { readonly late: readonly Late[]; readonly mayRepeat: boolean } {
  if (!change || !accept) return { late: [], mayRepeat };
  const heard = [...change.accepted, ...unheard];
  const late = votersOf(change.input.quorum)
    .filter((to) => !heard.includes(to))
    .map((to) => ({ to, proposal: accept }));
  return { late, mayRepeat: mayRepeat || isDoubtful(world, change) };
}

/** Whether the attempt may take effect when nobody else answers its accept, as the core has it. */
function isDoubtful({ rules }: World, change: ChangeState): boolean {
  let step: ChangeStep = { state: change, effects: [] };
  for (const from of votersOf(change.input.quorum)) {
    if (change.accepted.includes(from)) continue;
    step = rules.stepChange(step.state, { kind: "failed", from, of: "accept" });
    for (const effect of step.effects)
      if (effect.kind === "end")
        return effect.outcome.kind === "lost" && effect.outcome.mayTakeEffect;
  }
  return false;
}
