/** What clients ask for: one logical operation after the other, drawn from a seed. */
import type { Bound } from "../node/change-api.ts";
import { type Conditions, type Input, isWrite, type Write } from "./history.ts";
import type { Prng } from "./prng.ts";
import type { RingRun } from "./ring-run.ts";

/** One logical operation of a client. */
export interface Task {
  readonly id: string;
  readonly client: string;
  readonly key: string;
  readonly input: Input;
  /** Absent: what is written stays. */
  readonly ttlMs?: number;
  readonly idempotencyKey?: string;
  /** What the client had been told before the first attempt; absent when nothing. */
  readonly bound?: Bound | undefined;
  /** Whether an attempt was made before. */
  readonly isRepetition?: boolean;
}

/** The nodes' clocks and true time are never further apart: a value may turn absent this much early. */
const expirySlackMs = 30_000;

/** Shares of what is asked of a key, in their order. */
interface Mix {
  readonly get: number;
  readonly eventualGet: number;
  readonly delete: number;
  readonly touch: number;
  readonly increment: number;
}

/** What is left is puts. */
const usual: Mix = {
  get: 0.42,
  eventualGet: 0.05,
  delete: 0.13,
  touch: 0.08,
  increment: 0.01,
};
/** Of keys that are counted on. */
const counted: Mix = {
  get: 0.3,
  eventualGet: 0.05,
  delete: 0.06,
  touch: 0.06,
  increment: 0.4,
};

/** What is known of the keys when a task is drawn. */
interface Known {
  /** The newest revision that somebody was told, by key. */
  readonly revisions: ReadonlyMap<string, string>;
  /** Increments of which nobody knows whether they took place, by key. */
  readonly doubts: ReadonlyMap<string, number>;
}

/** With more of them on one key no checker comes to an end: each may explain any number, with any of the others. */
const doubtsMax = 8;

/**
 * Draws a client's next operation on one of the plan's keys, for some writes with conditions, a time to live or an
 * idempotency key. A key with too many increments in doubt is for now not counted on.
 */
export function taskOf(
  { plan, scheduler }: RingRun,
  random: Prng,
  {
    id,
    client,
    revisions,
    doubts,
  }: Known & { readonly id: string; readonly client: string },
): Task {
  const key = random.pick(plan.keys);
  const task = { id, client, key };
  const isCounted =
    plan.counterKeys.includes(key) && (doubts.get(key) ?? 0) < doubtsMax;
  const drawn = inputOf(random, { id, key, isCounted });
  if (!isWrite(drawn)) return { ...task, input: drawn };
  const conditions = random.chance(plan.conditionShare)
    ? conditionsOf(random, revisions.get(key))
    : undefined;
  const input = { ...drawn, ...(conditions && { conditions }) };
  const write = {
    ...task,
    input,
    ...(plan.repeats && random.chance(0.25) && { idempotencyKey: id }),
  };
  return expires(random, drawn)
    ? expiring(write, Math.round(random.between(200, 1_700)), scheduler.now())
    : write;
}

/** The write with a time to live, and what that means for the history. `now` is true time. */
export function expiring<T extends { readonly input: Write }>(
  task: T,
  ttlMs: number,
  now: number,
): T & { readonly ttlMs: number } {
  const expiresNotBefore = now + ttlMs - expirySlackMs;
  return { ...task, input: { ...task.input, expiresNotBefore }, ttlMs };
}

function inputOf(
  random: Prng,
  {
    id,
    key,
    isCounted,
  }: {
    readonly id: string;
    readonly key: string;
    readonly isCounted: boolean;
  },
): Input {
  const mix = isCounted ? counted : usual;
  let left = random.fraction();
  const falls = (share: number) => {
    left -= share;
    return left < 0;
  };
  if (falls(mix.get)) return { kind: "get" };
  if (falls(mix.eventualGet)) return { kind: "eventual-get" };
  if (falls(mix.delete)) return { kind: "delete" };
  if (falls(mix.touch)) return { kind: "touch" };
  if (falls(mix.increment)) return incrementOf(random, key);
  return { kind: "put", value: putValue(random, id, isCounted) };
}

/**
 * A key is counted up, or down. Where both go on, so many of the increments that nobody was told of may have cancelled one
 * another out that no checker comes to an end.
 */
function incrementOf(random: Prng, key: string): Input {
  const isUp = key.charCodeAt(0) % 2 === 1;
  const by = random.pick([1, 1, 1, 2]);
  return isUp
    ? { kind: "increment", by, ...random.pick([{}, {}, { max: 5 }]) }
    : { kind: "increment", by: -by, ...random.pick([{}, {}, { min: 0 }]) };
}

/** Mostly one that nobody else puts; of numbers, one that increments do not soon come to. */
function putValue(random: Prng, id: string, isCounted: boolean): string {
  return isCounted && random.chance(0.85)
    ? `${1000 * Number(id.slice(1))}`
    : id;
}

function expires(random: Prng, { kind }: Write): boolean {
  if (kind === "delete") return false;
  return random.chance(kind === "touch" ? 0.6 : 0.12);
}

function conditionsOf(random: Prng, revision: string | undefined): Conditions {
  if (revision === undefined || random.chance(0.4))
    return random.chance(0.8) ? { ifNoneMatch: "*" } : { ifMatch: "*" };
  return random.chance(0.8)
    ? { ifMatch: [revision] }
    : { ifNoneMatch: [revision] };
}
