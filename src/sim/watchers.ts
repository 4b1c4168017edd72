/** Readers that watch keys at one member after the other: what they are shown must be in order, and in the end what is there. */
import { compareBallots, formatBallot } from "../core/ballot.ts";
import type { RingNode } from "../node/api.ts";
import { absentId, type Watch, type WatchEvent } from "../node/watch.ts";
import { asked } from "./asked.ts";
import type { Prng } from "./prng.ts";
import {
  membersOf,
  pickFrom,
  type RingRun,
  type Running,
  sleep,
} from "./ring-run.ts";

/** The readers of a run. They roam at first; after `resume` they stay with a member for as long as its watch goes on. */
export interface Watchers {
  /** Has them close what they watch: their reads would mend what is to be found. Resolves when they have. */
  pause(): Promise<void>;
  /** They go on from where they ended. */
  resume(): void;
  /** Waits until each has been shown what is there by now, and says who has not. Nothing may be written meanwhile. */
  verify(): Promise<void>;
}

interface Watcher {
  readonly name: string;
  readonly key: string;
  readonly random: Prng;
  /** Of the newest state that it was shown; absent before the first. */
  id?: string;
  revision?: Parameters<typeof compareBallots>[0];
  isOpen: boolean;
}

/** How long a reader waits before it looks whether it should go elsewhere. */
const waitMs = 400;
/** Far beyond the nodes' own time limit for a read. */
const patienceMs = 8_000;
/** After a ring came to rest, a state is shown at the latest with the next renewal. */
const lateMsMax = 20_000;

/**
 * Starts as many as the plan says. What a watch shows first goes into the history, as a get; what it must not show is a
 * violation of the run.
 */
export function startWatchers(run: RingRun): Watchers {
  const { plan, scheduler, violations, counts } = run;
  let isOn = true;
  let isRoaming = true;
  let isOver = false;
  const watchers = Array.from(
    { length: plan.watcherCount },
    (_, index): Watcher => {
      const name = `w${index}`;
      const random = scheduler.random.fork(`watcher ${name}`);
      return { name, key: random.pick(plan.keys), random, isOpen: false };
    },
  );

  async function live(watcher: Watcher): Promise<void> {
    while (!isOver) {
      const member = isOn
        ? pickFrom(watcher.random, membersOf(run))
        : undefined;
      if (member) await watchAt(watcher, member);
      await sleep(scheduler, watcher.random.between(1, 100));
    }
  }

  async function watchAt(watcher: Watcher, member: Running): Promise<void> {
    const { key, id, name, random } = watcher;
    const { history } = run;
    const finish = history.begin({
      id: `${name} ${history.operations().length}`,
      client: name,
      key,
      input: { kind: "get" },
    });
    const opened = await asked(scheduler, member, {
      ask: (node) => node.watch(key, id === undefined ? {} : { after: id }),
      awakeMsMax: patienceMs,
    });
    if (opened.kind === "hung")
      violations.push({
        check: "bounded time",
        detail: `${name} has no watch`,
      });
    const watch =
      opened.kind === "answer" && opened.answer.ok
        ? opened.answer.value
        : undefined;
    // A watch of a node that left the ring is of another ring.
    if (!watch || !isInMainRing(member.node)) {
      finish({ kind: "failed" });
      watch?.close();
      return;
    }
    counts.add("watch: opened");
    watcher.isOpen = true;
    let isFirst = true;
    // In the end they stay, so that what is shown is owed to hints and renewals.
    while (isOn && !(isRoaming && random.chance(0.05))) {
      const event = await nextOf(watch, member);
      if (event === undefined || event.kind === "ended") {
        counts.add(event ? "watch: ended" : "watch: lost");
        break;
      }
      // Read after the watch was asked for: as good as any other read.
      if (isFirst) finish(outcomeOf(event));
      isFirst = false;
      note(watcher, event, member);
      // Some readers are slow.
      if (random.chance(0.3)) await sleep(scheduler, random.between(0, 500));
    }
    if (isFirst) finish({ kind: "failed" });
    watch.close();
    watcher.isOpen = false;
  }

  function isInMainRing(node: RingNode): boolean {
    return node.identity().ringId === run.mainRingId;
  }

  /** Absent when the process has died. */
  async function nextOf(
    watch: Watch,
    member: Running,
  ): Promise<WatchEvent | undefined> {
    const next = await asked(scheduler, member, {
      ask: () => watch.next(waitMs),
      awakeMsMax: patienceMs,
    });
    if (next.kind === "hung")
      violations.push({ check: "bounded time", detail: "a watch hangs" });
    return next.kind === "answer" ? next.answer : undefined;
  }

  function note(watcher: Watcher, event: WatchEvent, member: Running): void {
    if (event.kind !== "value" && event.kind !== "absent") return;
    counts.add(`watch: ${event.kind}`);
    const { name, key, revision } = watcher;
    if (event.kind === "absent") watcher.id = absentId;
    else {
      const shown = event.value.revision;
      if (revision && compareBallots(shown, revision) <= 0)
        violations.push({
          check: "watches go forward",
          detail: `${name} at ${member.machine.name} is shown ${formatBallot(shown)} of ${key} after ${formatBallot(revision)}`,
        });
      watcher.id = formatBallot(shown);
      watcher.revision = shown;
    }
    run.note(`${name} at ${member.machine.name}: ${watcher.id}`);
  }

  async function verify(): Promise<void> {
    const untilMs = scheduler.now() + lateMsMax;
    for (const watcher of watchers) {
      let there = await idOf(watcher.key);
      while (there !== watcher.id && scheduler.now() < untilMs) {
        await sleep(scheduler, 100);
        there = await idOf(watcher.key);
      }
      if (there !== watcher.id)
        violations.push({
          check: "watches come to the end",
          detail: `${watcher.name} was shown ${watcher.id} of ${watcher.key}, where there is ${there}`,
        });
    }
    isOver = true;
    isOn = false;
  }

  async function idOf(key: string): Promise<string | undefined> {
    const [member] = membersOf(run);
    const read = await member?.node.get(key);
    if (!read?.ok) return undefined;
    return read.value ? formatBallot(read.value.revision) : absentId;
  }

  for (const watcher of watchers) void live(watcher);
  return {
    async pause() {
      isOn = false;
      while (watchers.some(({ isOpen }) => isOpen))
        await sleep(scheduler, waitMs);
    },
    resume() {
      isOn = true;
      isRoaming = false;
    },
    verify,
  };
}

/** What the first event of a watch says, as the answer of a read. */
function outcomeOf(event: WatchEvent) {
  switch (event.kind) {
    case "value":
      return {
        kind: "value",
        value: new TextDecoder().decode(event.value.value),
        revision: formatBallot(event.value.revision),
      } as const;
    case "absent":
      return { kind: "absent" } as const;
    default:
      // It is what the watcher knew already.
      return { kind: "failed" } as const;
  }
}
