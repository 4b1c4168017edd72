/** Clients on few hot keys, and on a lock: what they ask, of whom, and what they note down of the answers. */
import { operationIdsMax } from "../core/limits.ts";
import { attempt } from "./client-call.ts";
import type { Outcome } from "./history.ts";
import { runLockers } from "./lockers.ts";
import type { Prng } from "./prng.ts";
import {
  membersOf,
  pickFrom,
  type RingRun,
  type Running,
  sleep,
} from "./ring-run.ts";
import { type Task, taskOf } from "./tasks.ts";

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

  async function call(task: Task, member: Running): Promise<Outcome> {
    const outcome = await attempt(run, task, member);
    if ("revision" in outcome && outcome.revision !== undefined)
      revisions.set(task.key, outcome.revision);
    return outcome;
  }

  async function perform(
    task: Task,
    member: Running,
    random: Prng,
  ): Promise<void> {
    const { key } = task;
    const firstCall = callCount(key);
    callCounts.set(key, firstCall + 1);
    const outcome = await call(task, member);
    if (!isWorthRepeating(task, outcome, random)) return;
    await sleep(scheduler, random.between(0, 800));
    const another = pickFrom(random, membersOf(run));
    if (!another) return;
    run.counts.add("repeat");
    await call(task, another);
    // A key remembers so many operations: a repetition behind more of them may rightly take place again.
    if (callCount(key) - firstCall < operationIdsMax) return;
    run.counts.add("excused key");
    run.excusedKeys.add(key);
  }

  const names = Array.from(
    { length: plan.clientCount },
    (_, index) => `c${index}`,
  );
  let isOver = false;
  const lockers = runLockers(run, () => isOver);
  await Promise.all(names.map(client));
  isOver = true;
  await lockers;
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
