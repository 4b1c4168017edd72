/** A key that another coordinator changes all the time, without a pause between two changes. */
import { expect, test } from "vitest";
import { type Ballot, compareBallots } from "../../src/core/ballot.ts";
import { memoryFrom } from "../../src/core/memory.ts";
import { createBallots } from "../../src/node/ballots.ts";
import type { PeerOutcome } from "../../src/node/batcher.ts";
import {
  type CoordinatorParts,
  createCoordinator,
} from "../../src/node/coordinator.ts";
import { timingDefault } from "../../src/node/given.ts";
import { createStickyBallots } from "../../src/node/sticky-ballots.ts";
import type { Clock } from "../../src/ports.ts";
import { systemRandom } from "./cluster.ts";
import { loneLayout } from "./lone-layout.ts";

/** A replica of a key whose primary raises its promise by so many counters a millisecond. */
function busyReplica(countersAMs: number) {
  let now = 0;
  let promised: Ballot = { epoch: 1, counter: 1, proposer: "busy" };
  const revision: Ballot = { epoch: 1, counter: 1, proposer: "busy" };
  const entry = {
    value: new Uint8Array(1),
    revision,
    createdAt: 0,
    modifiedAt: 0,
    memory: memoryFrom(revision),
  };
  let isPassing = false;
  let timers: { at: number; callback: () => void }[] = [];
  /** On to the next timer, while the primary goes on as well. */
  function pass(): void {
    isPassing = false;
    const [first] = timers.toSorted((one, other) => one.at - other.at);
    if (!first) return;
    timers = timers.filter((each) => each !== first);
    if (promised.proposer === "busy") {
      const raise = Math.ceil((first.at - now) * countersAMs);
      promised = { ...promised, counter: promised.counter + raise };
    }
    now = first.at;
    first.callback();
  }
  const clock: Clock = {
    now: () => now,
    // Time passes only while somebody pauses.
    timer(delayMs, callback) {
      const timer = { at: now + delayMs, callback };
      timers.push(timer);
      if (!isPassing) setImmediate(pass);
      isPassing = true;
      return () => {
        timers = timers.filter((each) => each !== timer);
      };
    },
  };
  const ask: CoordinatorParts["voters"]["ask"] = async (_, __, request) => {
    if (request.kind !== "prepare" && request.kind !== "accept")
      throw new Error("nothing else is asked");
    const isTaken = compareBallots(request.ballot, promised) >= 0;
    const reply: PeerOutcome = !isTaken
      ? { kind: "refused", promised }
      : request.kind === "accept"
        ? { kind: "accepted", sticky: false }
        : {
            kind: "promised",
            accepted: revision,
            entry,
            floor: { epoch: 0, counter: 0, proposer: "" },
            collectedAt: 0,
          };
    if (isTaken) promised = request.ballot;
    return reply;
  };
  return { clock, ask, elapsedMs: () => now };
}

test.each([1, 50])(
  "is refreshed all the same, though it gets %d ballots a millisecond",
  async (countersAMs) => {
    const { clock, ask, elapsedMs } = busyReplica(countersAMs);
    const layout = loneLayout({ partitionCount: 1 });
    const coordinator = createCoordinator({
      ring: { layout: () => layout, memberId: () => "m" },
      voters: { ask },
      ballots: createBallots(systemRandom),
      sticky: createStickyBallots(),
      clock,
      random: systemRandom,
      timing: timingDefault,
      meter: { round() {}, retried() {} },
      onMissed() {},
    } as unknown as CoordinatorParts);
    expect(await coordinator.refresh("k", 4_000)).toBeDefined();
    expect(elapsedMs()).toBeLessThan(2_000);
  },
);
