/** Watches of the ring: while there are any, all members are asked how they fare, in one round for all who watch. */
import { fail, ok } from "../core/errors.ts";
import { type Layout, memberOf } from "../core/layout.ts";
import {
  fanOutMax,
  ringWatchMemberMs,
  ringWatchRoundMs,
  watchersMax,
} from "../core/limits.ts";
import type { Progress, Vitals } from "../core/message.ts";
import type { CancelTimer, Clock, Log } from "../ports.ts";
import type { RingNode } from "./api.ts";
import { mapLimited } from "./limited.ts";
import type { Peers } from "./peers.ts";
import { shuttingDown } from "./readiness.ts";
import type { Ring } from "./ring.ts";
import { tableOf } from "./ring-table.ts";
import type { RingEvent, RingView, RingWatches } from "./ring-view.ts";
import { createVitalSigns } from "./vitals.ts";

/** What the node says of itself, and how the others are asked. */
export interface RingWatchesParts {
  readonly ring: Ring;
  readonly peers: Peers;
  readonly clock: Clock;
  readonly log: Log;
  readonly status: RingNode["status"];
  readonly vitals: () => Vitals;
  /** `watchersMax` of core/limits.ts unless given. */
  readonly countMax: number | undefined;
}

/** Who has not answered by then is shown as it was: one that hangs holds nobody up. */
const graceMs = 300;

interface Watcher {
  /** Of the views and the tables that it has had. */
  seen: number;
  tableEpoch: string;
  /** Something was looked at since it last asked. */
  isDue: boolean;
  callCount: number;
  wake: () => void;
  isClosed: boolean;
}

/** When the last watch ends, the rounds end, and what was shown is forgotten. */
export function createRingWatches(parts: RingWatchesParts): RingWatches {
  const { ring, peers, clock, countMax = watchersMax } = parts;
  const watchers = new Set<Watcher>();
  const signs = createVitalSigns(clock);
  /** Members whose answer is waited for. */
  const asked = new Set<string>();
  let driven: Progress | undefined;
  let newest: { view: RingView; layout: Layout; text: string } | undefined;
  let version = 0;
  let isDraining = false;
  /** Rounds belong to the watches that began them: those that come after all have gone begin their own. */
  let course = 0;
  let cancelRound: CancelTimer = () => {};

  async function ask(layout: Layout, id: string): Promise<void> {
    asked.add(id);
    const outcome = await peers
      .send(layout, id, { kind: "ping", withVitals: true })
      .finally(() => asked.delete(id));
    if (outcome.kind === "pong") {
      if (outcome.vitals) signs.note(id, outcome.vitals);
      if (outcome.progress?.epoch === layout.epoch) driven = outcome.progress;
    } else if (outcome.kind === "unreachable") signs.forget(id);
  }

  async function round(): Promise<void> {
    const mine = course;
    const layout = ring.layout();
    const self = ring.memberId();
    signs.note(self, parts.vitals());
    const ids = layout.members.map(({ id }) => id);
    const others = ids.filter((id) => id !== self && !asked.has(id));
    await settled(
      clock,
      mapLimited(others, fanOutMax, (id) => ask(layout, id)),
    );
    if (mine !== course) return;
    look(others.length);
    const delayMs = Math.max(ringWatchRoundMs, ids.length * ringWatchMemberMs);
    cancelRound = clock.timer(delayMs, begin);
  }

  function begin(): void {
    round().catch((error: unknown) => {
      parts.log.error("a watch of the ring met a defect", {
        error: String(error),
      });
      end();
    });
  }

  /** Looks at what is known now, and wakes who waits for it. */
  function look(callCount: number): void {
    const layout = ring.layout();
    const view = viewOf(layout);
    const text = JSON.stringify(view);
    if (newest?.text !== text) {
      newest = { view, layout, text };
      version++;
    }
    for (const watcher of watchers) {
      watcher.isDue = true;
      watcher.callCount += callCount;
      watcher.wake();
    }
  }

  function viewOf(layout: Layout): RingView {
    const { progress: own, ...status } = parts.status();
    const others = driven?.epoch === layout.epoch ? driven : undefined;
    const progress = own ?? (others && told(others));
    const { next } = layout;
    const stays = new Set(next?.members.map(({ id }) => id));
    const nameOf = (id: string) => memberOf(layout, id)?.name ?? id;
    return {
      ...status,
      ...(progress && layout.phase === "joint" && { progress }),
      vitals: Object.fromEntries(
        layout.members.flatMap(({ id, name }) => {
          const vitals = signs.of(id);
          return vitals ? [[name, vitals]] : [];
        }),
      ),
      joining: (next?.joining ?? []).map(nameOf),
      leaving: layout.members
        .filter(({ id }) => next && !stays.has(id))
        .map(({ name }) => name),
    };
  }

  function eventFor(watcher: Watcher): RingEvent {
    const { callCount } = watcher;
    watcher.isDue = false;
    watcher.callCount = 0;
    if (!newest || watcher.seen === version) return { kind: "same", callCount };
    const { view, layout } = newest;
    watcher.seen = version;
    const tableEpoch = `${layout.ringId} ${layout.epoch}`;
    const table =
      tableEpoch === watcher.tableEpoch ? undefined : tableOf(layout);
    watcher.tableEpoch = tableEpoch;
    return { kind: "view", view, callCount, ...(table && { table }) };
  }

  function close(watcher: Watcher): void {
    watcher.isClosed = true;
    watcher.wake();
    if (!watchers.delete(watcher) || watchers.size > 0) return;
    course++;
    cancelRound();
    signs.forgetAll();
    driven = undefined;
    newest = undefined;
  }

  function end(): void {
    for (const watcher of [...watchers]) close(watcher);
  }

  function drain(): void {
    isDraining = true;
    end();
  }

  ring.onChange(() => {
    if (watchers.size > 0) look(0);
  });

  return {
    drain,
    watchRing() {
      // A reader whose watch has just ended comes again at once, and would hold up the end.
      if (isDraining) return shuttingDown;
      if (watchers.size >= countMax) return tooMany;
      const watcher: Watcher = {
        seen: -1,
        tableEpoch: "",
        isDue: false,
        callCount: 0,
        wake: () => {},
        isClosed: false,
      };
      watchers.add(watcher);
      if (watchers.size === 1) {
        look(0);
        begin();
      }
      return ok({
        async next() {
          // Who comes later is shown what the others have seen last.
          const isNew = newest !== undefined && watcher.seen !== version;
          if (!watcher.isDue && !isNew && !watcher.isClosed)
            await new Promise<void>((resolve) => {
              watcher.wake = resolve;
            });
          return watcher.isClosed ? { kind: "ended" } : eventFor(watcher);
        },
        close: () => close(watcher),
      });
    },
  };
}

const tooMany = fail(
  "overloaded",
  "This node serves as many watches as it takes. Try again later, or watch at another node.",
);

function told({ partitionsDone, partitionsTotal, keysCopied }: Progress) {
  return { partitionsDone, partitionsTotal, keysCopied };
}

/** Resolves when the work is done, or has taken its grace. */
function settled(clock: Clock, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = clock.timer(graceMs, resolve);
    work.finally(cancel).then(() => resolve(), reject);
  });
}
