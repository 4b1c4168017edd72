/** Draws faults, one after the other and sometimes two at once, until it is told to stop. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Counts } from "../../src/sim/ring-run.ts";
import { type FaultParts, faultsOf, shuffled } from "./faults.ts";

/** Resolves when every kind of fault has happened, `isOver` says so, and all is healed. */
export async function runNemesis(
  parts: FaultParts,
  counts: Counts,
  isOver: () => boolean,
): Promise<void> {
  const { random, network } = parts;
  const faults = faultsOf(network);
  const kinds = [...faults.keys()];
  const companions = kinds.filter((kind) => !faults.get(kind)?.isAlone);
  const due = [...shuffled(kinds, random)];

  async function happen(kind: string): Promise<void> {
    counts.add(kind);
    await faults.get(kind)?.run(parts);
  }

  while (due.length > 0 || !isOver()) {
    await sleep(random.between(200, 200 + parts.durationMsMax));
    const kind = due.pop() ?? random.pick(kinds);
    const isCrowded = !faults.get(kind)?.isAlone && random.chance(0.4);
    const companion = isCrowded ? [random.pick(companions)] : [];
    await Promise.all([kind, ...companion].map(happen));
  }
}
