/** Clients on few hot keys: what they ask, of whom, and what they note down of the answers. */
import { formatBallot } from "../core/ballot.ts";
import type { Result } from "../core/errors.ts";
import { operationIdsMax } from "../core/limits.ts";
import type { ReadValue, RingNode } from "../node/api.ts";
import type { Written } from "../node/change-api.ts";
import { type Asked, asked } from "./asked.ts";
import type { Conditions, Input, Outcome } from "./history.ts";
import type { Prng } from "./prng.ts";
import {
  membersOf,
  pickFrom,
  type RingRun,
  type Running,
  sleep,
} from "./ring-run.ts";

/** One logical operation of a client. */
interface Task {
  readonly id: string;
  readonly client: string;
  readonly key: string;
  readonly input: Input;
  readonly ttlMs?: number;
  readonly idempotencyKey?: string;
}

type Answer = Result<
  ReadValue | Written | { readonly existed: boolean } | undefined
>;

/** Far beyond the nodes' own time limit: an operation that takes longer has no end. */
const patienceMs = 8_000;

/** The nodes' clocks and true time are never further apart: a value may turn absent this much early. */
const expirySlackMs = 30_000;

/**
 * Resolves when the clients have called as many operations as the plan says, and more until `isEnough`, and each has
 * ended somehow.
 */
export async function runWorkload(
  run: RingRun,
  isEnough: () => boolean,
): Promise<void> {
  const { plan, scheduler } = run;
  /** The newest revision that somebody was told, by key. */
  const revisions = new Map<string, string>();
  /** How many operations were called on each key. */
  const callCounts = new Map<string, number>();
  const callCount = (key: string) => callCounts.get(key) ?? 0;
  let called = 0;

  async function client(name: string): Promise<void> {
    const random = scheduler.random.fork(`client ${name}`);
    while (called < plan.operationCount || !isEnough()) {
      const member = pickFrom(random, membersOf(run));
      if (member) {
        const id = `o${called++}`;
        const task = taskOf(run, random, { id, client: name, revisions });
        await perform(task, member, random);
      }
      // Some call again at once, some take their time.
      const pauseMsMax = member && random.chance(0.5) ? 5 : 100;
      await sleep(scheduler, random.between(0, pauseMsMax));
    }
  }

  async function perform(
    task: Task,
    member: Running,
    random: Prng,
  ): Promise<void> {
    const { key } = task;
    const firstCall = callCount(key);
    callCounts.set(key, firstCall + 1);
    const outcome = await attempt(run, task, member, revisions);
    if (!isWorthRepeating(task, outcome, random)) return;
    await sleep(scheduler, random.between(0, 800));
    const another = pickFrom(random, membersOf(run));
    if (!another) return;
    run.counts.add("repeat");
    await attempt(run, task, another, revisions);
    // A key remembers so many operations: a repetition behind more of them may rightly take place again.
    if (callCount(key) - firstCall < operationIdsMax) return;
    run.counts.add("excused key");
    run.excusedKeys.add(key);
  }

  const names = Array.from(
    { length: plan.clientCount },
    (_, index) => `c${index}`,
  );
  await Promise.all(names.map(client));
}

/** An operation under an idempotency key is repeated when its end is not known, and sometimes for no good reason. */
function isWorthRepeating(
  { idempotencyKey }: Task,
  outcome: Outcome,
  random: Prng,
): boolean {
  if (idempotencyKey === undefined) return false;
  if (outcome.kind === "unknown" || outcome.kind === "failed") return true;
  return outcome.kind === "applied" && random.chance(0.2);
}

function taskOf(
  { plan, scheduler }: RingRun,
  random: Prng,
  {
    id,
    client,
    revisions,
  }: {
    readonly id: string;
    readonly client: string;
    readonly revisions: ReadonlyMap<string, string>;
  },
): Task {
  const key = random.pick(plan.keys);
  const task = { id, client, key };
  const kind = random.fraction();
  if (kind < 0.42) return { ...task, input: { kind: "get" } };
  if (kind < 0.47) return { ...task, input: { kind: "eventual-get" } };
  const conditions = random.chance(plan.conditionShare)
    ? conditionsOf(random, revisions.get(key))
    : undefined;
  const repeatable = {
    ...task,
    ...(plan.repeats && random.chance(0.25) && { idempotencyKey: id }),
  };
  if (kind < 0.62)
    return {
      ...repeatable,
      input: { kind: "delete", ...(conditions && { conditions }) },
    };
  const put = {
    kind: "put",
    value: id,
    ...(conditions && { conditions }),
  } as const;
  if (!random.chance(0.12)) return { ...repeatable, input: put };
  const ttlMs = Math.round(random.between(200, 1_700));
  const expiresNotBefore = scheduler.now() + ttlMs - expirySlackMs;
  return { ...repeatable, input: { ...put, expiresNotBefore }, ttlMs };
}

function conditionsOf(random: Prng, revision: string | undefined): Conditions {
  if (revision === undefined || random.chance(0.4))
    return random.chance(0.8) ? { ifNoneMatch: "*" } : { ifMatch: "*" };
  return random.chance(0.8)
    ? { ifMatch: [revision] }
    : { ifNoneMatch: [revision] };
}

/** Asks one member once, and records it. */
async function attempt(
  run: RingRun,
  task: Task,
  member: Running,
  revisions: Map<string, string>,
): Promise<Outcome> {
  const { counts, history, scheduler, violations } = run;
  const finish = history.begin(task);
  const answer = await asked(scheduler, member, {
    ask: (node) => ask(task, node),
    awakeMsMax: patienceMs,
  });
  const outcome = outcomeOf(task.input, answer);
  counts.add(`${task.input.kind}: ${labelOf(answer)}`);
  run.note(`${task.id} at ${member.machine.name}: ${JSON.stringify(outcome)}`);
  if (answer.kind === "hung")
    violations.push({
      check: "bounded time",
      detail: `${task.id} at ${member.machine.name} has no end`,
    });
  if ("revision" in outcome && outcome.revision !== undefined)
    revisions.set(task.key, outcome.revision);
  // What is unknown may take place at any later time: the history leaves it open.
  if (outcome.kind !== "unknown") finish(outcome);
  return outcome;
}

/** Asks a node for what the task says. */
export function ask(
  {
    key,
    input,
    ttlMs,
    idempotencyKey,
  }: Pick<Task, "key" | "input" | "ttlMs" | "idempotencyKey">,
  node: RingNode,
): Promise<Answer> {
  switch (input.kind) {
    case "get":
      return node.get(key);
    case "eventual-get":
      return node.get(key, { consistency: "eventual" });
    default: {
      const options = {
        ...(input.conditions && { conditions: input.conditions }),
        ...(idempotencyKey !== undefined && { idempotencyKey }),
      };
      if (input.kind === "delete") return node.delete(key, options);
      const bytes = new TextEncoder().encode(input.value);
      return node.put(key, bytes, {
        ...options,
        ...(ttlMs !== undefined && { ttlMs }),
      });
    }
  }
}

function labelOf(asked: Asked<Answer>): string {
  if (asked.kind !== "answer") return asked.kind;
  return asked.answer.ok ? "ok" : asked.answer.error.code;
}

/** Errors that say for certain that nothing was written. */
const harmless = new Set<string>([
  "no_quorum",
  "not_a_member",
  "shutting_down",
]);

/** What an answer says about the key, and nothing more than that. */
export function outcomeOf(input: Input, asked: Asked<Answer>): Outcome {
  const isRead = input.kind === "get" || input.kind === "eventual-get";
  if (asked.kind !== "answer") return { kind: isRead ? "failed" : "unknown" };
  const { answer } = asked;
  if (!answer.ok) {
    const { code, details } = answer.error;
    if (code === "condition_failed") {
      const revision = details?.revision;
      // Without it the answer may be one to a repetition, which does not tell what is there now.
      return typeof revision === "string"
        ? { kind: "condition-failed", current: revision }
        : { kind: "condition-failed" };
    }
    return { kind: isRead || harmless.has(code) ? "failed" : "unknown" };
  }
  const { value } = answer;
  if (value === undefined) return { kind: "absent" };
  if ("existed" in value) return { kind: "applied" };
  const revision = formatBallot(value.revision);
  return "created" in value
    ? { kind: "applied", revision, created: value.created }
    : { kind: "value", value: new TextDecoder().decode(value.value), revision };
}
