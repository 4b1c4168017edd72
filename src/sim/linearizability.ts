/** Whether a history can be the work of one thing that does one operation at a time, between each call and its return. */
import type { Interval } from "./entry-list.ts";
import {
  createSearch,
  type Model,
  type Node,
  type Operations,
} from "./linearizability-search.ts";

/** What a check found. `steps`: the states that all its searches asked the model for. */
export type Verdict<Op> =
  | {
      readonly kind: "linearizable";
      /** One order that explains everything; of the unknown operations only those that it needs. */
      readonly order: readonly Op[];
      readonly steps: number;
    }
  | {
      readonly kind: "violation";
      /** An order that explains everything that returned before `stuck`. */
      readonly prefix: readonly Op[];
      /** The history up to this return cannot be explained, knowing what those that were under way were told later. */
      readonly stuck: Op;
      readonly steps: number;
    }
  /** The budget is used up: nothing is known, least of all success. */
  | { readonly kind: "undecided"; readonly steps: number };

/** Bounds a search that takes exponential time at worst. */
export interface CheckOptions {
  /** How many states one search may ask the model for; a million unless given. */
  readonly stepsMax?: number;
}

/** Some seconds of work; a history that is linearizable takes a few steps an operation. */
const stepsMaxDefault = 1_000_000;

/**
 * Looks for an order of the operations that explains every outcome. One without a return takes place at any time after
 * its call, or never. On a violation the history is cut back to the shortest beginning that cannot be explained.
 */
export function checkLinearizability<Op extends Interval, State>(
  operations: readonly Op[],
  model: Model<Op, State>,
  { stepsMax = stepsMaxDefault }: CheckOptions = {},
): Verdict<Op> {
  const returned = operations
    .filter((operation) => operation.return !== undefined)
    .sort((a, b) => endOf(a) - endOf(b));
  let steps = 0;

  /** Searches the history as it was when `count` operations had returned. */
  function search(count: number): Outcome<Op> {
    const definite = returned.slice(0, count);
    const end = count < returned.length ? endOf(definite.at(-1)) : Infinity;
    const isDefinite = new Set(definite);
    const unknown = operations
      .filter((each) => !isDefinite.has(each) && each.call <= end)
      .filter((each) => !model.observes(each))
      .sort((a, b) => a.call - b.call);
    const outcome = searchOrder({ definite, unknown }, model, stepsMax);
    steps += outcome.steps;
    return outcome;
  }

  const whole = search(returned.length);
  if (whole.kind === "undecided") return { kind: "undecided", steps };
  if (whole.order) return { kind: "linearizable", order: whole.order, steps };

  let prefix: readonly Op[] = [];
  let explained = 0;
  let failing = returned.length;
  while (explained + 1 < failing) {
    const middle = (explained + failing) >> 1;
    const outcome = search(middle);
    // A beginning that stays undecided is passed over: `stuck` is never too early.
    if (outcome.kind === "decided" && !outcome.order) failing = middle;
    else {
      explained = middle;
      prefix = outcome.order ?? prefix;
    }
  }
  const stuck = returned[failing - 1];
  if (!stuck) throw new Error("an empty history is linearizable");
  return { kind: "violation", prefix, stuck, steps };
}

interface Outcome<Op> {
  readonly kind: "decided" | "undecided";
  /** Absent when there is none, or none was found. */
  readonly order?: readonly Op[];
  readonly steps: number;
}

/** Depth first, as Wing and Gong do (1993), with Lowe's memory of the configurations that lead nowhere (2017). */
function searchOrder<Op extends Interval, State>(
  operations: Operations<Op>,
  model: Model<Op, State>,
  stepsMax: number,
): Outcome<Op> {
  const search = createSearch(operations, model);
  const path: Node<Op, State>[] = [search.root()];
  for (;;) {
    const steps = search.steps();
    const node = path.at(-1);
    if (!node) return { kind: "decided", steps };
    if (node.complete) {
      const order = path.flatMap(({ via }) => (via ? [via.operation] : []));
      return { kind: "decided", order, steps };
    }
    if (steps > stepsMax) return { kind: "undecided", steps };
    const child = search.advance(node);
    if (child) path.push(child);
    else {
      search.leave(node);
      path.pop();
    }
  }
}

function endOf(operation: Interval | undefined): number {
  return operation?.return ?? Infinity;
}
