/** The end of a run: a healed ring takes every operation through every member, and knows what it was told. */
import { asked } from "./asked.ts";
import { ask, outcomeOf } from "./client-call.ts";
import type { Input } from "./history.ts";
import { membersOf, type RingRun, type Running, sleep } from "./ring-run.ts";

/** What is put last lives so long; afterwards every clock says that it is over. */
const ttlMs = 500;
const expiredMs = 60_000;

/** Who makes these calls. */
export const lastClient = "last";

interface LastCall {
  readonly member: Running;
  readonly key: string;
  readonly input: Input;
  readonly ttlMs?: number;
}

/**
 * Reads every key through every member, then writes it through each, counts on it, and reads it once more when the time to live of
 * what was written last is over. The history tells whether the answers are right; that they come is asked here.
 */
export async function lastOperations(run: RingRun): Promise<void> {
  const members = membersOf(run);
  const { keys } = run.plan;
  const calls = members.flatMap((member) =>
    keys.map((key) => ({ member, key })),
  );
  const readEverything = async () => {
    for (const call of calls) await lastCall(run, { ...call, input: read });
  };
  await readEverything();
  // What wins in an eventual ring is judged by what was there when it was healed.
  if (run.plan.consistency === "eventual") return;
  for (const { member, key } of calls) {
    const common = { member, key };
    const value = `of ${member.machine.name}`;
    await lastCall(run, { ...common, input: { kind: "put", value } });
    await lastCall(run, { ...common, input: read });
    await lastCall(run, { ...common, input: { kind: "delete" } });
    for (const kind of ["increment", "increment"] as const)
      await lastCall(run, { ...common, input: { kind, by: 1 } });
    await lastCall(run, { ...common, input: { kind: "touch" } });
  }
  const [member] = members;
  if (!member) return;
  const { scheduler, violations } = run;
  for (const key of keys) {
    const expiresNotBefore = scheduler.now() - expiredMs;
    const put = {
      kind: "put",
      value: "for a moment",
      expiresNotBefore,
    } as const;
    await lastCall(run, { member, key, input: put, ttlMs: ttlMs / 2 });
    const touch = { kind: "touch", expiresNotBefore } as const;
    await lastCall(run, { member, key, input: touch, ttlMs });
  }
  await sleep(scheduler, ttlMs + expiredMs);
  for (const call of calls) {
    const outcome = await lastCall(run, { ...call, input: read });
    if (outcome?.kind === "value")
      violations.push({
        check: "expiry",
        detail: `${call.member.machine.name} still tells what has expired of ${call.key}`,
      });
  }
}

const read = { kind: "get" } as const;

/** What came of it; absent when nobody knows, or nothing did. */
async function lastCall(
  { history, scheduler, violations }: RingRun,
  { member, key, input, ttlMs }: LastCall,
) {
  const { name } = member.machine;
  const id = `last ${history.operations().length}`;
  const finish = history.begin({ id, client: lastClient, key, input });
  const answer = await asked(scheduler, member, {
    ask: (node) =>
      ask({ key, input, ...(ttlMs !== undefined && { ttlMs }) }, node),
  });
  const outcome = outcomeOf(input, answer);
  if (outcome.kind !== "unknown") finish(outcome);
  if (outcome.kind !== "failed" && outcome.kind !== "unknown") return outcome;
  violations.push({
    check: "availability",
    detail: `a ${input.kind} of ${key} through ${name} ends ${outcome.kind}`,
  });
  return undefined;
}
