/** Clients on few hot keys, and on a lock: what they ask, of whom, and what they note down of the answers. */
import { compareBallots } from "../core/ballot.ts";
import type { Bound } from "../node/change-api.ts";
import { attempt, type Called } from "./client-call.ts";
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
  /** How many increments of a key may have taken place, or may yet. */
  const doubts = new Map<string, number>();
  /** What each client was told last of the ring's ballots. */
  const bounds = new Map<string, Bound>();
  let called = 0;

  async function client(name: string): Promise<void> {
    const random = scheduler.random.fork(`client ${name}`);
    while (called < plan.operationCount || !isEnough()) {
      const member = pickFrom(random, membersOf(run));
      if (member) {
        const id = `o${called++}`;
        const task = taskOf(run, random, {
          id,
          client: name,
          revisions,
          doubts,
        });
        await perform(task, member, random);
      }
      // Some call again at once, some take their time.
      const pauseMsMax = member && random.chance(0.5) ? 5 : 100;
      await sleep(scheduler, random.between(0, pauseMsMax));
    }
  }

  async function call(task: Task, member: Running): Promise<Called> {
    const called = await attempt(run, task, member);
    const { outcome } = called;
    if ("revision" in outcome && outcome.revision !== undefined)
      revisions.set(task.key, outcome.revision);
    if (task.input.kind === "increment" && outcome.kind === "unknown")
      doubts.set(task.key, (doubts.get(task.key) ?? 0) + 1);
    return called;
  }

  /** Sends it first, anew where the bound turns out to be too old; gives what a repetition has to be. */
  async function callFirst(
    task: Task,
    member: Running,
    bound: Bound | undefined,
  ): Promise<(Called & { readonly first: Task }) | undefined> {
    const first = { ...task, bound };
    const called = await call(first, member);
    if (called.label !== "bound_outdated") return { first, ...called };
    run.counts.add("bound renewed");
    const renewed = member.node.bound();
    return renewed?.ringId === run.mainRingId
      ? callFirst(task, member, renewed)
      : undefined;
  }

  async function perform(
    task: Task,
    member: Running,
    random: Prng,
  ): Promise<void> {
    if (task.idempotencyKey === undefined) {
      await call(task, member);
      return;
    }
    const bound = boundOf(task, member, random);
    const called = await callFirst(task, member, bound);
    if (!called || !isWorthRepeating(called.outcome, random)) return;
    for (let count = random.pick([1, 1, 2]); count > 0; count--) {
      // Some only when the key has forgotten the operation.
      await sleep(scheduler, random.between(0, random.pick([800, 8_000])));
      const another = pickFrom(random, membersOf(run));
      if (!another) return;
      run.counts.add("repeat");
      await call({ ...called.first, isRepetition: true }, another);
    }
  }

  /** What the client was told last, by whichever node, or what the one says that it is about to ask; sometimes nothing. */
  function boundOf(
    { client }: Task,
    { node }: Running,
    random: Prng,
  ): Bound | undefined {
    const known = bounds.get(client);
    const told = random.chance(0.5) ? node.bound() : undefined;
    const isNewer =
      told && (!known || compareBallots(told.ballot, known.ballot) > 0);
    if (isNewer && told.ringId === run.mainRingId) bounds.set(client, told);
    return random.chance(0.9) ? bounds.get(client) : undefined;
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
function isWorthRepeating(outcome: Outcome, random: Prng): boolean {
  if (outcome.kind === "unknown" || outcome.kind === "failed") return true;
  return outcome.kind === "applied" && random.chance(0.2);
}
