/** One linearizable read of the model, in one go from given nodes: by the step machines of the core. */
import { epochStart } from "../../core/ballot.ts";
import { beginChange, stepChange } from "../../core/change.ts";
import type { Layout } from "../../core/layout.ts";
import {
  beginRead,
  type ReadEffect,
  type ReadEvent,
  stepRead,
} from "../../core/read.ts";
import type { Outcome } from "../history.ts";
import { acceptOf, type Node } from "./node.ts";
import { quorumAt, readOutcome, votersOf, type World } from "./world.ts";

/** A fast read, and the refresh that settles it if need be; absent when one of the nodes does not answer. */
export function readFrom(
  world: World,
  layout: Layout,
  nodes: readonly Node[],
): Outcome | undefined {
  const { epoch } = layout;
  const quorum = quorumAt(world, epoch);
  const present = new Map(nodes.map((node) => [node.id, node]));
  let { state, effects } = beginRead({
    quorum,
    epoch,
    firstWave: votersOf(quorum),
  });
  const left: ReadEffect[] = [...effects];
  for (let effect = left.shift(); effect; effect = left.shift()) {
    if (effect.kind === "end") {
      const { outcome } = effect;
      if (outcome.kind === "found") return readOutcome(outcome.entry);
      if (outcome.kind === "absent") return readOutcome(undefined);
      return outcome.kind === "undecided"
        ? refreshFrom(world, layout, present)
        : undefined;
    }
    for (const to of effect.to) {
      const event = answerTo(world, layout, present, { effect, to });
      ({ state, effects } = stepRead(state, event));
      left.push(...effects);
    }
  }
  return undefined;
}

interface Asked {
  readonly effect: Exclude<ReadEffect, { kind: "end" }>;
  readonly to: string;
}

function answerTo(
  { answers }: World,
  layout: Layout,
  present: Map<string, Node>,
  { effect, to: from }: Asked,
): ReadEvent {
  const node = present.get(from);
  if (!node) return { kind: "failed", from };
  if (effect.kind === "send-read") {
    const entered = answers.enter(layout, node);
    if (!entered) return { kind: "failed", from };
    const { accepted, entry } = entered.register;
    return { kind: "state", from, accepted, ...(entry && { entry }) };
  }
  const accept = acceptOf(effect.ballot, effect.entry);
  const after = answers.accept(layout, node, accept);
  if (!after) return { kind: "refused", from };
  present.set(from, after);
  return { kind: "accepted", from };
}

/** The identity change: what it would have accepted is what the reader is told. */
function refreshFrom(
  world: World,
  layout: Layout,
  present: ReadonlyMap<string, Node>,
): Outcome | undefined {
  const { epoch } = layout;
  const ballot = { epoch, counter: 1000, proposer: "~" };
  let { state } = beginChange({
    quorum: quorumAt(world, epoch),
    operation: { kind: "refresh", expire: true },
    ballot,
    now: 1,
    floor: epochStart(epoch),
    after: { ...ballot, counter: 999 },
    mayRepeat: false,
  });
  for (const [from, node] of present) {
    const promised = world.answers.promise(layout, node, ballot);
    if (!promised) return undefined;
    const told = { ...promised.reply, from, floor: epochStart(0) };
    ({ state } = stepChange(state, { ...told, collectedAt: 0 }));
  }
  return state.proposal && readOutcome(state.proposal.entry);
}
