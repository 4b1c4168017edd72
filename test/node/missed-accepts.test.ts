/** Who remembers that a replica has missed an accept: the coordinator that stays, or else those that took it. */
import { expect, test } from "vitest";
import { ballotZero } from "../../src/core/ballot.ts";
import type { PeerReply } from "../../src/core/message.ts";
import { attemptChange } from "../../src/node/attempt.ts";
import { createOutsideAccepts } from "../../src/node/outside-accepts.ts";
import type { ReplicaRequest } from "../../src/node/replica.ts";
import { createProcess } from "../../src/sim/process.ts";
import { createScheduler } from "../../src/sim/scheduler.ts";
import { createVirtualClock } from "../../src/sim/virtual-clock.ts";
import { loneLayout } from "./lone-layout.ts";

const ids = ["a", "b", "c"];
const ballot = { epoch: 1, counter: 5, proposer: "p" };
const promised: PeerReply = {
  kind: "promised",
  accepted: ballotZero,
  floor: ballotZero,
  collectedAt: 0,
};

/** An attempt whose accepts are answered by hand. */
function attempt({ isOutside }: { isOutside: boolean }) {
  const accepts = new Map<
    string,
    { request: ReplicaRequest; answer: (reply: PeerReply) => void }
  >();
  const seen = { missedCount: 0, accepts };
  const outcome = attemptChange(
    {
      voters: {
        ask(_layout, id, request) {
          if (request.kind !== "accept") return Promise.resolve(promised);
          return new Promise((answer) => accepts.set(id, { request, answer }));
        },
      },
      layout: loneLayout({ partitionCount: 1 }),
      address: { area: "key", key: "k" },
      observe() {},
      onMissed: () => seen.missedCount++,
      isOutside,
    },
    {
      quorum: [ids],
      operation: { kind: "refresh", expire: false },
      ballot,
      now: 0,
      floor: ballotZero,
      after: ballotZero,
      mayRepeat: false,
    },
  );
  return { seen, outcome };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("a missed accept is told when all have their end: the others may not hold it before", async () => {
  const { seen, outcome } = attempt({ isOutside: false });
  await turn();
  const answer = (id: string, reply: PeerReply) =>
    seen.accepts.get(id)?.answer(reply);
  answer("c", { kind: "abstained", reason: "store-failed" });
  answer("a", { kind: "accepted", sticky: false });
  await turn();
  expect(seen.missedCount).toBe(0);
  answer("b", { kind: "accepted", sticky: false });
  expect(await outcome).toMatchObject({ kind: "committed" });
  await turn();
  expect(seen.missedCount).toBe(1);
});

test("nothing is told when nobody missed it", async () => {
  const { seen, outcome } = attempt({ isOutside: false });
  await turn();
  for (const { answer } of seen.accepts.values())
    answer({ kind: "accepted", sticky: false });
  await outcome;
  await turn();
  expect(seen.missedCount).toBe(0);
});

test.each([true, false])(
  "an accept says so when its coordinator is outside: %s",
  async (isOutside) => {
    const { seen } = attempt({ isOutside });
    await turn();
    expect(seen.accepts.size).toBe(ids.length);
    for (const { request } of seen.accepts.values())
      expect("outside" in request).toBe(isOutside);
  },
);

test("who took accepts from outside has the partition compared once they are all over", async () => {
  const scheduler = createScheduler({ seed: 1 });
  const compared: [number, number][] = [];
  const life = createProcess({ name: "n", scheduler }).start();
  const clock = createVirtualClock({ scheduler }).port(life);
  const accepts = createOutsideAccepts({
    clock,
    delayMs: 100,
    suspect: (partition) => compared.push([scheduler.now(), partition]),
  });
  accepts.note(3);
  await scheduler.run({ untilMs: 50 });
  accepts.note(3);
  accepts.note(4);
  await scheduler.run({ untilMs: 1_000 });
  expect(compared).toEqual([
    [100, 3],
    [150, 4],
  ]);
  accepts.note(3);
  await scheduler.run({ untilMs: 2_000 });
  expect(compared.at(-1)).toEqual([1_100, 3]);
});
