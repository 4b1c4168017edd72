/** Visits every state of a model once, breadth first, and judges each. */
import { type Course, createStateKey, type State } from "./state.ts";
import { successors } from "./successors.ts";
import { createJudge } from "./verdict.ts";
import type { World } from "./world.ts";

/** What was found. */
export interface Exploration {
  /** Different states that can be reached. */
  readonly stateCount: number;
  /** Steps from one state to another. */
  readonly transitionCount: number;
  /** States in which nothing more can happen. */
  readonly endCount: number;
  /** Different things that clients can be told together. */
  readonly outcomes: ReadonlySet<string>;
  /** Present when a state breaks a promise: in words, and the shortest way to it. */
  readonly violation?: {
    readonly reason: string;
    readonly course: readonly string[];
  };
}

/** Stops at the first violation. */
export function explore(world: World, first: State): Exploration {
  const { damagedId } = world;
  const keyOf = createStateKey(damagedId !== "A" && damagedId !== "B");
  const judge = createJudge(world);
  const seen = new Set([keyOf(first)]);
  const outcomes = new Set<string>();
  let transitionCount = 0;
  let endCount = 0;
  const found = () => ({
    stateCount: seen.size,
    transitionCount,
    endCount,
    outcomes,
  });
  let frontier: readonly State[] = [first];
  while (frontier.length > 0) {
    const nextFrontier: State[] = [];
    for (const state of frontier) {
      let isEnd = true;
      for (const next of successors(world, state)) {
        isEnd = false;
        transitionCount++;
        const key = keyOf(next);
        if (seen.has(key)) continue;
        seen.add(key);
        const reason = judge(next);
        if (reason)
          return {
            ...found(),
            violation: { reason, course: stepsOf(next.course) },
          };
        nextFrontier.push(next);
      }
      if (!isEnd) continue;
      endCount++;
      outcomes.add(outcomeOf(state));
    }
    frontier = nextFrontier;
  }
  return found();
}

function stepsOf(course: Course | undefined): readonly string[] {
  const steps: string[] = [];
  for (let each = course; each; each = each.before) steps.unshift(each.step());
  return steps;
}

/** In words, by name. */
function outcomeOf({ told }: State): string {
  return told
    .map(({ name, outcome }) =>
      outcome.kind === "value"
        ? `${name} ${outcome.value}`
        : `${name} ${outcome.kind}`,
    )
    .sort()
    .join(", ");
}
