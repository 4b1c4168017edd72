/** Every read that may follow a state of the model, whatever majority answers it and whatever still arrives before. */
import type { Layout } from "../../core/layout.ts";
import { isReached } from "../../core/quorum.ts";
import type { Outcome } from "../history.ts";
import { createNumbers } from "./names.ts";
import type { Node } from "./node.ts";
import { readFrom } from "./read-once.ts";
import type { State } from "./state.ts";
import { quorumAt, votersOf, type World } from "./world.ts";

/** What one set of nodes may tell. */
export interface FinalReads {
  readonly epoch: number;
  readonly ids: readonly string[];
  /** Different ones, for it depends on what is on its way. */
  readonly outcomes: readonly Outcome[];
}

/** The reads that may follow a state, each in one go from a set of nodes that gives the majorities. */
export function createReads(
  world: World,
): (state: State) => readonly FinalReads[] {
  const choices = world.layouts.flatMap((layout) =>
    majoritiesOf(world, layout).map((ids) => ({ layout, ids })),
  );
  const nodesNumber = createNumbers();
  const known = new Map<string, FinalReads>();
  const outcomesOf = createOutcomes(world);
  return (state: State): readonly FinalReads[] => {
    const chances = chancesOf(world, state).map((nodes) => ({
      nodes,
      number: nodesNumber(nodes.map(({ id, name }) => id + name).join("+")),
    }));
    const reads: FinalReads[] = [];
    for (const [place, { layout, ids }] of choices.entries()) {
      const { epoch } = layout;
      if (epoch > state.decided) continue;
      const asked = chances.filter(({ nodes }) => isOneOf(ids, nodes));
      let key = `${place}`;
      for (const { number } of asked) key += ` ${number}`;
      let found = known.get(key);
      if (!found) {
        const present = asked.map(({ nodes }) => nodes);
        found = { epoch, ids, outcomes: outcomesOf(layout, present) };
        known.set(key, found);
      }
      reads.push(found);
    }
    return reads;
  };
}

/** What one read may tell. Nodes that have accepted the same tell the same, whatever they have promised. */
function createOutcomes(world: World) {
  const known = new Map<string, Outcome | undefined>();
  return (layout: Layout, chances: Chances): readonly Outcome[] => {
    const present = chances.map((nodes) => {
      const entered = nodes.flatMap(
        (node) => world.answers.enter(layout, node) ?? [],
      );
      return [
        ...new Map(entered.map((node) => [node.acceptedName, node])).values(),
      ];
    });
    const different = new Set<Outcome>();
    for (const nodes of productOf(present)) {
      let key = `${layout.epoch}`;
      for (const { id, acceptedName } of nodes) key += `|${id}${acceptedName}`;
      if (!known.has(key)) known.set(key, readFrom(world, layout, nodes));
      const outcome = known.get(key);
      if (outcome) different.add(outcome);
    }
    return [...different];
  };
}

function isOneOf(ids: readonly string[], [node]: readonly Node[]): boolean {
  return node !== undefined && ids.includes(node.id);
}

/** Each node as it is, and as it is after it took one of the accepts that are on their way to it. */
type Chances = readonly (readonly Node[])[];

function chancesOf({ answers, layouts }: World, state: State): Chances {
  const { actors, late } = state;
  const awaited = actors.flatMap(({ accept }) => accept ?? []);
  return state.nodes.map((node) => {
    const mail = late.filter(({ to }) => to === node.id);
    const proposals = [...mail.map(({ proposal }) => proposal), ...awaited];
    const after = proposals.flatMap((proposal) => {
      const layout = layouts[proposal.ballot.epoch - 1];
      return (layout && answers.accept(layout, node, proposal)) ?? [];
    });
    return [...new Set([node, ...after])];
  });
}

function productOf(chances: Chances): readonly (readonly Node[])[] {
  let choices: readonly (readonly Node[])[] = [[]];
  for (const nodes of chances)
    choices = choices.flatMap((choice) =>
      nodes.map((node) => [...choice, node]),
    );
  return choices;
}

function majoritiesOf(world: World, layout: Layout) {
  const quorum = quorumAt(world, layout.epoch);
  let sets: readonly (readonly string[])[] = [[]];
  for (const id of votersOf(quorum))
    sets = sets.flatMap((set) => [set, [...set, id]]);
  return sets.filter((set) => isReached(quorum, set));
}
