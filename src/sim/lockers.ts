/**
 * Clients that share a lock: each takes it with a time to live, works on a resource that the lock guards, renews it,
 * sleeps too long now and then and goes on all the same, and gives it back. The revision with which the lock was taken
 * is the fencing token: the resource refuses a lower one than it has seen.
 */
import { type Ballot, compareBallots, parseBallot } from "../core/ballot.ts";
import { attempt } from "./client-call.ts";
import type { Outcome, Write } from "./history.ts";
import type { Prng } from "./prng.ts";
import { membersOf, pickFrom, type RingRun, sleep } from "./ring-run.ts";
import { expiring } from "./tasks.ts";

const key = "lock";

/** A client has been told that the lock is its own. */
interface Hold {
  readonly holder: string;
  readonly revision: string;
  readonly token: Ballot;
  /** True time. */
  readonly toldAt: number;
}

/** Runs until `isOver`; what must not happen is a violation. */
export async function runLockers(
  run: RingRun,
  isOver: () => boolean,
): Promise<void> {
  const { plan, scheduler } = run;
  const rules = createRules(run);
  let called = 0;

  /** One call, as in the history; absent when there is nobody to ask. */
  async function call(
    client: string,
    random: Prng,
    input: Write,
    ttlMs?: number,
  ): Promise<Outcome | undefined> {
    const member = pickFrom(random, membersOf(run));
    if (!member) return undefined;
    const task = { id: `l${called++}`, client, key, input };
    const { outcome } = await attempt(
      run,
      ttlMs === undefined ? task : expiring(task, ttlMs, scheduler.now()),
      member,
    );
    return outcome;
  }

  async function locker(name: string): Promise<void> {
    const random = scheduler.random.fork(`locker ${name}`);
    for (let turn = 0; !isOver(); turn++) {
      await sleep(scheduler, random.between(20, 600));
      const ttlMs = Math.round(random.between(300, 1_500));
      const calledAt = scheduler.now();
      const holder = `${name} ${turn}`;
      const taken = await call(
        name,
        random,
        { kind: "put", value: holder, conditions: { ifNoneMatch: "*" } },
        ttlMs,
      );
      if (taken?.kind !== "applied" || taken.revision === undefined) continue;
      const hold = rules.taken({ holder, revision: taken.revision, calledAt });
      if (hold) await work(name, random, hold, ttlMs);
    }
  }

  async function work(
    name: string,
    random: Prng,
    hold: Hold,
    ttlMs: number,
  ): Promise<void> {
    const conditions = { ifMatch: [hold.revision] };
    for (let steps = random.between(1, 4); steps > 0; steps--) {
      // Some are awake in time, some too late, and go on without having noticed.
      await sleep(scheduler, random.between(0, 1.3 * ttlMs));
      rules.written(hold);
      const calledAt = scheduler.now();
      const renewed = await call(
        name,
        random,
        { kind: "touch", conditions },
        ttlMs,
      );
      if (renewed?.kind === "applied") rules.renewed(hold, calledAt);
      const isLost =
        renewed?.kind === "condition-failed" || renewed?.kind === "refused";
      if (isLost) run.counts.add("lock: lost");
      if (isLost && random.chance(0.5)) return;
    }
    await call(name, random, { kind: "delete", conditions });
  }

  const names = Array.from(
    { length: plan.lockerCount },
    (_, index) => `locker${index}`,
  );
  await Promise.all(names.map(locker));
}

/** What holds of a lock by its tokens, whatever clocks and clients do. */
function createRules({ counts, scheduler, violations }: RingRun) {
  const holds: Hold[] = [];
  /** The highest token that the resource has seen, and whose it is. */
  let seen: Hold | undefined;

  const violated = (detail: string) =>
    violations.push({ check: "lock", detail });
  /** Those that were told so before a moment. */
  const toldBefore = (calledAt: number) =>
    holds.filter(({ toldAt }) => toldAt < calledAt);

  return {
    /** Successive holders have rising tokens, and each its own. */
    taken({
      holder,
      revision,
      calledAt,
    }: {
      readonly holder: string;
      readonly revision: string;
      readonly calledAt: number;
    }): Hold | undefined {
      counts.add("lock: taken");
      const token = parseBallot(revision);
      if (!token) {
        violated(`${holder} was told ${revision}, which is no revision`);
        return undefined;
      }
      const hold = { holder, revision, token, toldAt: scheduler.now() };
      for (const other of toldBefore(calledAt))
        if (compareBallots(other.token, token) >= 0)
          violated(`${holder} took it at ${revision} after ${other.revision}`);
      holds.push(hold);
      return hold;
    },
    /** Nobody renews a lock that another one is known to have. */
    renewed(hold: Hold, calledAt: number): void {
      counts.add("lock: renewed");
      for (const other of toldBefore(calledAt))
        if (compareBallots(other.token, hold.token) > 0)
          violated(`${hold.holder} renewed what ${other.holder} had`);
    },
    /** The resource takes the write, unless it has seen a higher token; a token has one holder. */
    written(hold: Hold): void {
      const order = seen ? compareBallots(hold.token, seen.token) : 1;
      counts.add(order < 0 ? "lock: stale write refused" : "lock: write");
      if (order === 0 && seen?.holder !== hold.holder)
        violated(`${hold.holder} and ${seen?.holder} hold ${hold.revision}`);
      if (order > 0) seen = hold;
    },
  };
}
