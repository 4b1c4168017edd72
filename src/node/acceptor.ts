/** Composes the node's part as an acceptor: its replica, and what the replica takes note of for others. */
import type { Clock, Log, Store } from "../ports.ts";
import type { Timing } from "./api.ts";
import { createFloors } from "./floors.ts";
import { createLaterLooks } from "./later-looks.ts";
import { createOutsideAccepts } from "./outside-accepts.ts";
import { createReplica, type Replica } from "./replica.ts";
import { createSchedule, type Schedule } from "./schedule.ts";
import type { Spans } from "./spans.ts";
import type { StickyBallots } from "./sticky-ballots.ts";
import { createUnreadable, type Unreadable } from "./unreadable.ts";
import { createWatchedKeys } from "./watched-keys.ts";

/** The replica, and what it leaves to ticks: partitions that come due, and records to rebuild. */
export interface Acceptor {
  readonly replica: Replica;
  readonly schedule: Schedule;
  readonly unreadable: Unreadable;
}

/** The store that votes are made from, and who has to hear of what they find. */
export interface AcceptorParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly spans: Spans;
  readonly timing: Timing;
  readonly sticky: StickyBallots;
  /** Has the partition compared with the other replicas. */
  readonly compareLater: (partition: number) => void;
  /** Tells a member of a change of a key that it watches. */
  readonly tell: (member: string, key: string) => void;
  /** That of the layout which the node has stored. */
  readonly epoch: () => number;
  /** Has a tick come. */
  readonly wake: () => void;
}

/** Reads nothing yet: schedule and findings begin empty, and a floor is loaded when a vote first needs it. */
export function createAcceptor(parts: AcceptorParts): Acceptor {
  const { store, clock, log, timing, sticky, compareLater, wake } = parts;
  const schedule = createSchedule(timing.tombstoneMsMin, wake);
  const unreadable = createUnreadable(({ partition, key }) => {
    if (key === undefined) compareLater(partition);
    wake();
  }, parts.epoch);
  const replica = createReplica({
    store,
    clock,
    floors: createFloors(store),
    log,
    spans: parts.spans,
    schedule,
    unreadable,
    sticky,
    outsideAccepts: createOutsideAccepts({
      clock,
      delayMs: timing.peerCallTimeoutMs,
      suspect: compareLater,
    }),
    laterLooks: createLaterLooks({ clock, suspect: compareLater }),
    watchedKeys: createWatchedKeys({ clock, tell: parts.tell }),
    onProposal: wake,
  });
  return { replica, schedule, unreadable };
}
