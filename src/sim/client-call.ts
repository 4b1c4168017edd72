/** One call of a client: what a node is asked, and what its answer says about the key. */
import { formatBallot } from "../core/ballot.ts";
import type { Result } from "../core/errors.ts";
import type { ReadValue, RingNode } from "../node/api.ts";
import type { Counted, Touched, Written } from "../node/change-api.ts";
import { type Asked, asked } from "./asked.ts";
import { type Input, isWrite, type Outcome, type Refusal } from "./history.ts";
import type { RingRun, Running } from "./ring-run.ts";
import type { Task } from "./tasks.ts";

type Answer = Result<
  | ReadValue
  | Written
  | Counted
  | Touched
  | { readonly existed: boolean }
  | undefined
>;

/** Far beyond the nodes' own time limit: an operation that takes longer has no end. */
const patienceMs = 8_000;

/** How a call ended: for the history, and the error's code (or why there was no answer) for whoever acts on it. */
export interface Called {
  readonly outcome: Outcome;
  readonly label: string;
}

/** Asks one member once, and records it. */
export async function attempt(
  run: RingRun,
  task: Task,
  member: Running,
): Promise<Called> {
  const { counts, history, scheduler, violations } = run;
  const finish = history.begin(task);
  const answer = await asked(scheduler, member, {
    ask: (node) => ask(task, node),
    awakeMsMax: patienceMs,
  });
  const outcome = outcomeOf(task.input, answer);
  const label = labelOf(answer);
  counts.add(`${task.input.kind}: ${label}`);
  run.note(`${task.id} at ${member.machine.name}: ${JSON.stringify(outcome)}`);
  if (answer.kind === "hung")
    violations.push({
      check: "bounded time",
      detail: `${task.id} at ${member.machine.name} has no end`,
    });
  // What is unknown may take place at any later time: the history leaves it open.
  if (outcome.kind !== "unknown") finish(outcome);
  return { outcome, label };
}

/** Asks a node for what the task says. */
export function ask(
  {
    key,
    input,
    ttlMs,
    idempotencyKey,
    bound,
    isRepetition,
  }: Omit<Task, "id" | "client">,
  node: RingNode,
): Promise<Answer> {
  if (input.kind === "get") return node.get(key);
  if (input.kind === "eventual-get")
    return node.get(key, { consistency: "eventual" });
  const options = {
    ...(input.conditions && { conditions: input.conditions }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(bound && { bound }),
    ...(isRepetition && { isRepetition }),
    ...(ttlMs !== undefined && { ttlMs }),
  };
  switch (input.kind) {
    case "put":
      return node.put(key, new TextEncoder().encode(input.value), options);
    case "delete":
      return node.delete(key, options);
    case "touch":
      return node.touch(key, options);
    case "increment": {
      const { by, min, max } = input;
      return node.increment(key, {
        ...options,
        by,
        ...(min !== undefined && { min }),
        ...(max !== undefined && { max }),
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
  "bound_outdated",
]);

const refusals: Readonly<Record<string, Refusal>> = {
  not_a_number: "not-a-number",
  out_of_bounds: "out-of-bounds",
  no_such_key: "no-such-key",
};

/** What an answer says about the key, and nothing more than that. */
export function outcomeOf(input: Input, asked: Asked<Answer>): Outcome {
  const isRead = !isWrite(input);
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
    const reason = refusals[code];
    if (reason)
      return {
        kind: "refused",
        reason,
        ...(reason === "out-of-bounds" && { value: `${details?.value}` }),
      };
    return { kind: isRead || harmless.has(code) ? "failed" : "unknown" };
  }
  return toldBy(answer.value);
}

function toldBy(told: Extract<Answer, { ok: true }>["value"]): Outcome {
  if (told === undefined) return { kind: "absent" };
  if ("existed" in told) return { kind: "applied" };
  const revision = told.revision && formatBallot(told.revision);
  if ("value" in told)
    return {
      kind: "value",
      value: new TextDecoder().decode(told.value),
      ...(revision !== undefined && { revision }),
    };
  return {
    kind: "applied",
    ...(revision !== undefined && { revision }),
    ...("created" in told && { created: told.created }),
    ...("number" in told && { value: JSON.stringify(told.number) }),
  };
}
