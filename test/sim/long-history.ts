/** Long histories of one key, made by executing them: thousands of operations of a few clients, some with no answer. */
import type {
  Conditions,
  Input,
  Operation,
  Outcome,
} from "../../src/sim/history.ts";
import { createPrng, type Prng } from "../../src/sim/prng.ts";

export interface LongHistoryOptions {
  readonly seed: number;
  readonly operationCount: number;
  readonly clientCount: number;
  readonly unknownCount: number;
  /** The share of writes with a condition, and of those with a time to live. */
  readonly conditional: number;
  readonly expiring: number;
}

interface Cell {
  readonly value: string;
  readonly revision: string;
  readonly expiresNotBefore: number;
}

/** Every operation takes place at a moment of its own, and its client waits for it before and after. */
export function longHistory(options: LongHistoryOptions): readonly Operation[] {
  const random = createPrng(options.seed);
  const history: Operation[] = [];
  const freeFrom = new Array<number>(options.clientCount).fill(0);
  let late: { at: number; act: () => void }[] = [];
  let cell: Cell | undefined;
  let unknownLeft = options.unknownCount;

  for (let at = 1; history.length < options.operationCount; at++) {
    for (const { act } of late.filter((each) => each.at <= at)) act();
    late = late.filter((each) => each.at > at);
    if (cell && cell.expiresNotBefore <= at && random.chance(0.5))
      cell = undefined;

    const client = random.below(options.clientCount);
    const busyUntil = freeFrom[client] ?? 0;
    if (busyUntil > at) continue;
    const spread = 0.8 * options.clientCount;
    const call = Math.max(busyUntil, at - random.between(0, spread));
    const end = at + random.between(0, spread);
    freeFrom[client] = end + 0.001;
    const base = { id: `op${at}`, client: `c${client}`, key: "k", call };

    if (random.chance(0.5)) {
      const { value, revision } = cell ?? {};
      const outcome: Outcome =
        value === undefined || revision === undefined
          ? { kind: "absent" }
          : { kind: "value", value, revision };
      history.push({ ...base, return: end, input: { kind: "get" }, outcome });
      continue;
    }

    const input = inputOf(random, at, cell, options);
    const act = (): boolean => {
      if (!holds(input, cell)) return false;
      cell = input.kind === "put" ? cellOf(input, at) : undefined;
      return true;
    };
    const expected = (2.5 * options.unknownCount) / options.operationCount;
    if (unknownLeft > 0 && random.chance(expected)) {
      unknownLeft--;
      history.push({ ...base, input, outcome: { kind: "unknown" } });
      const fate = random.fraction();
      if (fate < 0.3) act();
      else if (fate < 0.7)
        late.push({ at: at + random.below(options.operationCount), act });
      continue;
    }
    const outcome: Outcome = act()
      ? {
          kind: "applied",
          ...(input.kind === "put" && { revision: `r${at}` }),
        }
      : { kind: "condition-failed" };
    history.push({ ...base, return: end, input, outcome });
  }
  return history;
}

function inputOf(
  random: Prng,
  at: number,
  cell: Cell | undefined,
  { conditional, expiring }: LongHistoryOptions,
): Extract<Input, { kind: "put" | "delete" }> {
  const guess = random.chance(0.5) ? cell?.revision : undefined;
  const conditions: Conditions = random.chance(0.3)
    ? { ifNoneMatch: "*" }
    : { ifMatch: [guess ?? `r${random.below(at)}`] };
  const conditioned = random.chance(conditional) && { conditions };
  if (random.chance(0.1)) return { kind: "delete", ...conditioned };
  const expires = random.chance(expiring) && {
    expiresNotBefore: at + random.between(0, 40),
  };
  return { kind: "put", value: `v${at}`, ...conditioned, ...expires };
}

function cellOf(put: Extract<Input, { kind: "put" }>, at: number): Cell {
  const { value, expiresNotBefore = Infinity } = put;
  return { value, revision: `r${at}`, expiresNotBefore };
}

function holds(
  { conditions }: Extract<Input, { kind: "put" | "delete" }>,
  cell: Cell | undefined,
): boolean {
  if (conditions?.ifNoneMatch !== undefined) return cell === undefined;
  if (conditions?.ifMatch === undefined) return true;
  return cell !== undefined && conditions.ifMatch.includes(cell.revision);
}

/** The history with one late get that is told what an early one was told; and that get's id. */
export function withStaleRead(history: readonly Operation[]): {
  readonly history: readonly Operation[];
  readonly stale: string;
} {
  const gets = history.filter(({ outcome }) => outcome.kind === "value");
  const early = gets[Math.floor(gets.length / 10)];
  const late = gets[Math.floor((gets.length * 9) / 10)];
  if (!early || !late) throw new Error("the history is too short");
  const stale: Operation = { ...late, outcome: early.outcome };
  return {
    history: history.map((each) => (each === late ? stale : each)),
    stale: late.id,
  };
}
