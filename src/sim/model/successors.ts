/**
 * All that can happen next in a state of the model, without the orders that make no difference.
 *
 * What a node does with a message changes this node and what the sender knows, nothing else: it may be put off until
 * the node handles something else, or until its sender ends a phase. So each step here is the end of a phase, with the
 * answers that it needs, and directly before each of them whatever else that node handled since. Every other order
 * of messages leads to the same states.
 */
import { sameBallot } from "../../core/ballot.ts";
import { isReachable, isReached } from "../../core/quorum.ts";
import {
  acceptFrom,
  begin,
  promiseFrom,
  type Reached,
  unheardFrom,
} from "./change.ts";
import { nodeIds } from "./ring.ts";
import type { Actor, Late, State } from "./state.ts";
import {
  damagedNode,
  layoutOf,
  nodeAt,
  note,
  votersOf,
  type World,
  withActor,
  withNode,
} from "./world.ts";

/** Every state that one step leads to. */
export function* successors(world: World, state: State): Generator<State> {
  for (const next of steps(world, state)) {
    const tidied = tidy(world, next);
    if (tidied) yield tidied;
  }
}

/** A node's record is damaged after it has handled any of what came, and it meets that. */
function* damages(world: World, state: State): Generator<State> {
  const { id } = damagedNode(world, state);
  for (const before of whatElse(world, state, id)) {
    const damaged = world.answers.damage(nodeAt(before, id));
    yield note({ ...withNode(before, damaged), mayRot: false }, () =>
      world.rules.forgetsPromises
        ? `${id} starts again`
        : `${id} cannot read its record`,
    );
  }
}

type Ask = (state: State, id: string) => Reached | undefined;

function* steps(world: World, state: State): Generator<State> {
  if (state.listing)
    yield* endPhase(world, state, (s, id) => listFrom(world, s, id));
  if (state.mayRot) yield* damages(world, state);
  for (const [who, actor] of state.actors.entries()) {
    if (actor.isDone) continue;
    const prepare: Ask = (s, id) => promiseFrom(world, s, who, id);
    const accept: Ask = (s, id) => acceptFrom(world, s, who, id);
    if (mayBegin(world, state, actor))
      for (const begun of begin(world, state, who))
        yield* endPhase(world, begun, prepare);
    if (actor.change?.phase === "prepare")
      yield* endPhase(world, state, prepare);
    if (actor.change?.phase === "accept") yield* endPhase(world, state, accept);
  }
}

/** The driver lists first, and refreshes then; whoever cannot read its record rebuilds it. */
function mayBegin(
  world: World,
  state: State,
  { role, isDone }: Actor,
): boolean {
  if (isDone) return false;
  switch (role.kind) {
    case "driver":
      return !state.listing;
    case "rebuild":
      return damagedNode(world, state).unreadableIn !== undefined;
    case "write":
      return true;
  }
}

/** Asks any of the nodes that are left, in their order, until the phase is over. */
function* endPhase(
  world: World,
  state: State,
  ask: Ask,
  place = 0,
): Generator<State> {
  const id = nodeIds[place];
  if (id === undefined) return;
  yield* endPhase(world, state, ask, place + 1);
  for (const before of whatElse(world, state, id)) {
    const reached = ask(before, id);
    if (!reached) continue;
    if (reached.isLast) yield reached.state;
    else yield* endPhase(world, reached.state, ask, place + 1);
  }
}

/** The state, and every one that the node's handling of other messages leads to. */
function* whatElse(world: World, state: State, id: string): Generator<State> {
  yield state;
  for (const next of handlings(world, state, id))
    yield* whatElse(world, next, id);
}

/** The node handles one message that ends no phase: one that does is a step of its own. */
function* handlings(world: World, state: State, id: string): Generator<State> {
  for (const late of state.late)
    if (late.to === id) {
      const arrived = arrive(world, state, late);
      if (arrived) yield arrived;
    }
  const listed = state.listing && listFrom(world, state, id);
  if (listed && !listed.isLast) yield listed.state;
  for (const [who, actor] of state.actors.entries()) {
    if (actor.isDone) continue;
    const accepted = acceptFrom(world, state, who, id);
    const unheard = accepted?.isLast && unheardFrom(world, state, who, id);
    if (unheard) yield unheard;
    else if (accepted) yield accepted.state;
    const begun = mayBegin(world, state, actor) ? begin(world, state, who) : [];
    for (const trying of [state, ...begun]) {
      const promised = promiseFrom(world, trying, who, id);
      if (promised && !promised.isLast) yield promised.state;
    }
  }
}

/** An accept arrives that nobody waits for; absent when it changes nothing. */
function arrive(world: World, state: State, late: Late): State | undefined {
  const { to, proposal } = late;
  const node = nodeAt(state, to);
  const { ballot } = proposal;
  const layout = layoutOf(world, ballot.epoch);
  const after = world.answers.accept(layout, node, proposal);
  if (!after || after.register === node.register) return undefined;
  return note(
    withNode(state, after),
    () => `${to} accepts ${ballot.counter}${ballot.proposer} late`,
  );
}

/** An old replica lists the key for the driver. Its answer at the joint epoch is the seal of the epoch before. */
function listFrom(world: World, state: State, id: string): Reached | undefined {
  const { listing } = state;
  const joint = layoutOf(world, 2);
  const old = joint.table[0]?.map((replica) => replica.id) ?? [];
  if (!listing || !old.includes(id) || listing.answered.includes(id))
    return undefined;
  const node = nodeAt(state, id);
  const isEarly = world.rules.listsUnstored && node.epoch < joint.epoch;
  const entered = isEarly ? node : world.answers.enter(joint, node);
  if (!entered) return undefined;
  const answered = [...listing.answered, id];
  const isListed = listing.isListed || entered.register.entry !== undefined;
  const reached = note(
    withNode(state, entered),
    () => `${id} lists ${entered.name}`,
  );
  if (!isReached([old], answered))
    return {
      state: { ...reached, listing: { answered, isListed } },
      isLast: false,
    };
  const { listing: _, ...listed } = reached;
  const isCopied = isListed && world.rules.copies;
  return { state: isCopied ? listed : withoutCopy(listed), isLast: true };
}

/** Nothing is left to copy: the stable layout is decided at once. */
function withoutCopy(state: State): State {
  const actors = state.actors.map((actor) =>
    actor.role.kind === "driver" ? { ...actor, isDone: true } : actor,
  );
  return { ...state, actors, decided: 3 };
}

/**
 * The state without what can change nothing any more: late accepts that no node takes, and proposers that reach nobody.
 * Absent when it has a promise in vain, that could as well be given later or never: promises alone make nodes refuse
 * more, as lost messages do.
 */
function tidy(world: World, state: State): State | undefined {
  let result = state;
  for (const [who, actor] of state.actors.entries()) {
    const { change, role, attempts } = actor;
    if (change?.phase === "prepare") {
      if (!isWorthKeeping(world, result, actor)) return undefined;
    } else if (
      change &&
      attempts >= role.attemptsMax &&
      !canBeAccepted(world, result, actor)
    )
      result = giveUp(result, who, actor);
  }
  const late = result.late.filter((each) => arrive(world, result, each));
  return { ...result, late };
}

/** Whether each promise had to be given so early, and a majority can still be had. */
function isWorthKeeping(
  world: World,
  state: State,
  { change }: Actor,
): boolean {
  if (!change) return false;
  const { ballot, quorum } = change.input;
  const layout = layoutOf(world, ballot.epoch);
  const hadToBe = change.promises.every(({ from }) => {
    const { epoch, register } = nodeAt(state, from);
    // More was promised since, or the promise was forgotten.
    return epoch > ballot.epoch || !sameBallot(register.promised, ballot);
  });
  if (!hadToBe) return false;
  const promised = change.promises.map(({ from }) => from);
  const gone = votersOf(quorum).filter(
    (id) =>
      !promised.includes(id) &&
      !world.answers.promise(layout, nodeAt(state, id), ballot),
  );
  return isReachable(quorum, gone);
}

function canBeAccepted(
  world: World,
  state: State,
  { change, accept, unheard }: Actor,
): boolean {
  if (!change || !accept) return false;
  const { ballot, quorum } = change.input;
  const layout = layoutOf(world, ballot.epoch);
  const gone = votersOf(quorum).filter(
    (id) =>
      !change.accepted.includes(id) &&
      (unheard.includes(id) ||
        !world.answers.accept(layout, nodeAt(state, id), accept)),
  );
  return isReachable(quorum, gone);
}

/** It waits for ever: all that is left of it are its messages. */
function giveUp(state: State, who: number, actor: Actor): State {
  const { change, accept, ...rest } = actor;
  if (!change || !accept) return state;
  const sent = votersOf(change.input.quorum).map((to) => ({
    to,
    proposal: accept,
  }));
  return {
    ...withActor(state, who, { ...rest, unheard: [], isDone: true }),
    late: [...state.late, ...sent],
  };
}
