/** The moves of the search for a linearization: which operation may come next, and when it is not worth trying. */
import { createConfigurations } from "./configurations.ts";
import { createEntryList, type Interval } from "./entry-list.ts";

/** What the operations do, one at a time. */
export interface Model<Op, State> {
  readonly init: State;
  /**
   * Every state in which the operation may leave `state` with the outcome that was recorded; none when that outcome is
   * impossible here. `latest` is the last moment at which it can take place at this point of the order; a later one
   * must never make less possible.
   */
  step(state: State, operation: Op, latest: number): readonly State[];
  /** The same for two states exactly when nothing tells them apart. */
  key(state: State): string;
  /** Whether the operation only looks: what follows it could follow, too, had it not been there. */
  observes(operation: Op): boolean;
  /** Names a stretch of the order that comes once at most, such as "the value with this revision is there". */
  phaseOf(state: State): string | undefined;
  /** The phase in which the operation has to take place; absent when more than one would do. */
  needs(operation: Op): string | undefined;
  /** Unknown operations of one class do the same in every state; absent for one that has no like. */
  classOf(operation: Op): string | undefined;
}

/** Where the search stands: an order of operations, and the states that it may lead to. */
export interface Node<Op, State> {
  readonly states: readonly State[];
  /** The unknown operations that the order contains, as bits. */
  readonly taken: bigint;
  /** The operation that comes last in the order; absent at the root. */
  readonly via: Candidate<Op, State> | undefined;
  readonly parent: Node<Op, State> | undefined;
  /** Whether no definite operation is left. */
  readonly complete: boolean;
  /** When the next one of them has to have been linearized. */
  readonly latest: number;
  readonly candidates: Iterator<Candidate<Op, State>, void>;
}

interface Move<Op> {
  readonly operation: Op;
  /** Among the definite operations, or among the unknown ones in the order of their calls. */
  readonly index: number;
  readonly unknown: boolean;
}

interface Candidate<Op, State> extends Move<Op> {
  /** The states that it leads to. */
  readonly after: readonly State[];
}

/** What a history asks of a linearization. */
export interface Operations<Op> {
  /** They have a return, and have to be in it. */
  readonly definite: readonly Op[];
  /** In the order of their calls; each may be in it at any place after its call, or not. */
  readonly unknown: readonly Op[];
}

/** One search, depth first: its caller keeps the path from the root, and leaves each node that it goes back from. */
export interface Search<Op, State> {
  root(): Node<Op, State>;
  /** The next node below `node` that is worth visiting; absent when there is none left. */
  advance(node: Node<Op, State>): Node<Op, State> | undefined;
  /** Takes back the move that led to `node`. */
  leave(node: Node<Op, State>): void;
  /** How many states the model was asked for. */
  steps(): number;
}

/**
 * These rules keep the search short and lose no history that has a linearization:
 *
 * - An observer that leaves the state as it is comes at once, and no other is tried in its place: later it could do no
 *   better, and meanwhile it stands in nobody's way.
 * - Unknown operations are tried last, and only where they make a difference to the operation that follows.
 * - Of the unknown operations that are alike only the one called first is tried.
 * - A phase is not left while a definite operation that needs it is still to come.
 * - A configuration is not visited again with more unknown operations taken than before.
 */
export function createSearch<Op extends Interval, State>(
  { definite, unknown }: Operations<Op>,
  model: Model<Op, State>,
): Search<Op, State> {
  const entries = createEntryList(definite);
  const configurations = createConfigurations();
  const needing = new Map<string, number>();
  let steps = 0;

  /** Counts the operation among those that are still to come (1), or no longer (-1). */
  function count(operation: Op, change: 1 | -1): void {
    const phase = model.needs(operation);
    if (phase !== undefined)
      needing.set(phase, (needing.get(phase) ?? 0) + change);
  }

  function mayLeave(phase: string | undefined, operation: Op): boolean {
    if (phase === undefined) return true;
    const itself = model.needs(operation) === phase ? 1 : 0;
    return (needing.get(phase) ?? 0) <= itself;
  }

  function stepAll(
    states: readonly State[],
    operation: Op,
    latest: number,
  ): readonly State[] {
    const after = new Map<string, State>();
    for (const state of states) {
      const phase = model.phaseOf(state);
      const possible = model.step(state, operation, latest);
      steps += Math.max(1, possible.length);
      for (const next of possible)
        if (model.phaseOf(next) === phase || mayLeave(phase, operation))
          after.set(model.key(next), next);
    }
    return [...after.values()];
  }

  function lift({ index, operation, unknown: optional }: Move<Op>): void {
    if (optional) return;
    entries.lift(index);
    count(operation, -1);
  }

  function unlift({ index, operation, unknown: optional }: Move<Op>): void {
    if (optional) return;
    entries.unlift(index);
    count(operation, 1);
  }

  function* candidatesOf(
    calls: readonly number[],
    states: readonly State[],
    latest: number,
    taken: bigint,
  ): Generator<Candidate<Op, State>, void> {
    const possible: Candidate<Op, State>[] = [];
    for (const index of calls) {
      const operation = definite[index];
      if (operation === undefined) continue;
      const after = stepAll(states, operation, latest);
      const candidate = { operation, index, unknown: false, after };
      if (model.observes(operation) && same(model, states, after))
        return yield candidate;
      possible.push(candidate);
    }
    yield* possible.sort(
      (a, b) => entries.rank(a.index) - entries.rank(b.index),
    );

    const classes = new Set<string>();
    for (const [index, operation] of unknown.entries()) {
      if (operation.call > latest) return;
      if (taken & bit(index)) continue;
      const alike = model.classOf(operation);
      if (alike !== undefined && classes.has(alike)) continue;
      if (alike !== undefined) classes.add(alike);
      const after = stepAll(states, operation, latest);
      if (same(model, states, after)) continue;
      yield { operation, index, unknown: true, after };
    }
  }

  function open(
    states: readonly State[],
    taken: bigint,
    via?: Candidate<Op, State>,
    parent?: Node<Op, State>,
  ): Node<Op, State> | undefined {
    const { calls, first: index } = entries.pending();
    // The first return still to come and the calls still open before it tell exactly what has been linearized.
    const configuration = `${index}:${calls.join()}`;
    const fresh = states.filter((state) =>
      configurations.admit(`${configuration}#${model.key(state)}`, taken),
    );
    if (fresh.length === 0) return undefined;
    const latest = definite[index]?.return ?? Infinity;
    return {
      states: fresh,
      taken,
      via,
      parent,
      complete: index === -1,
      latest,
      candidates: candidatesOf(calls, fresh, latest, taken),
    };
  }

  /** The states after `candidate` that cannot be had without the unknown operation right before it. */
  function statesAfter(
    node: Node<Op, State>,
    { operation, after }: Candidate<Op, State>,
  ): readonly State[] {
    if (!node.via?.unknown || !node.parent) return after;
    const without = new Set(
      stepAll(node.parent.states, operation, node.latest).map(model.key),
    );
    return after.filter((state) => !without.has(model.key(state)));
  }

  return {
    root() {
      for (const operation of definite) count(operation, 1);
      const root = open([model.init], 0n);
      if (!root) throw new Error("a search has one root");
      return root;
    },
    advance(node) {
      for (;;) {
        const { value: candidate, done } = node.candidates.next();
        if (done) return undefined;
        const states = statesAfter(node, candidate);
        if (states.length === 0) continue;
        const { index, unknown } = candidate;
        const taken = unknown ? node.taken | bit(index) : node.taken;
        lift(candidate);
        const child = open(states, taken, candidate, node);
        if (child) return child;
        unlift(candidate);
      }
    },
    leave({ via }) {
      if (via) unlift(via);
    },
    steps: () => steps,
  };
}

function bit(index: number): bigint {
  return 1n << BigInt(index);
}

function same<Op, State>(
  model: Model<Op, State>,
  a: readonly State[],
  b: readonly State[],
): boolean {
  if (a.length !== b.length) return false;
  const keys = new Set(a.map(model.key));
  return b.every((state) => keys.has(model.key(state)));
}
