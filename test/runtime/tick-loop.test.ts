/** The tick loop under a clock that a test moves. */
import { expect, test } from "vitest";
import { startTickLoop } from "../../src/runtime/tick-loop.ts";

/** A clock whose timers fire when `advance` passes them. */
function createVirtualClock() {
  let now = 1_000;
  let timers: { readonly at: number; readonly callback: () => void }[] = [];
  return {
    now: () => now,
    timer(delayMs: number, callback: () => void) {
      const timer = { at: now + delayMs, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    timerCount: () => timers.length,
    async advance(ms: number) {
      now += ms;
      const due = timers.filter(({ at }) => at <= now);
      timers = timers.filter(({ at }) => at > now);
      for (const { callback } of due) callback();
      await new Promise(setImmediate);
    },
  };
}

function createTicking(tick: () => Promise<{ nextTickAt?: number }>) {
  const clock = createVirtualClock();
  const errors: unknown[] = [];
  let wake = () => {};
  const node = {
    tick,
    onWake: (callback: () => void) => {
      wake = callback;
    },
  };
  const log = { error: (_: string, fields?: unknown) => errors.push(fields) };
  const loop = startTickLoop({ node, clock, log });
  return { clock, loop, errors, wake: () => wake() };
}

test("it ticks at the start, and when the node said", async () => {
  let tickCount = 0;
  const { clock } = createTicking(async () => ({
    nextTickAt: ++tickCount === 1 ? 1_500 : undefined,
  }));
  await clock.advance(0);
  expect(tickCount).toBe(1);
  await clock.advance(499);
  expect(tickCount).toBe(1);
  await clock.advance(1);
  expect(tickCount).toBe(2);
  expect(clock.timerCount()).toBe(0);
});

test("woken, it ticks at once, also when it sleeps for ever", async () => {
  let tickCount = 0;
  const { clock, wake } = createTicking(async () => {
    tickCount++;
    return { nextTickAt: 1_000_000 };
  });
  await clock.advance(0);
  wake();
  wake();
  expect(clock.timerCount()).toBe(1);
  await clock.advance(0);
  expect(tickCount).toBe(2);
});

test("woken during a tick, it ticks once more, never two at a time", async () => {
  const ticks: PromiseWithResolvers<{ nextTickAt?: number }>[] = [];
  const { clock, wake } = createTicking(() => {
    const tick = Promise.withResolvers<{ nextTickAt?: number }>();
    ticks.push(tick);
    return tick.promise;
  });
  await clock.advance(0);
  wake();
  wake();
  await clock.advance(0);
  expect(ticks).toHaveLength(1);
  ticks[0]?.resolve({});
  await clock.advance(0);
  await clock.advance(0);
  expect(ticks).toHaveLength(2);
  ticks[1]?.resolve({});
  await clock.advance(1_000_000);
  expect(ticks).toHaveLength(2);
});

test("a time that is past is due at once", async () => {
  let tickCount = 0;
  const { clock } = createTicking(async () => ({
    nextTickAt: ++tickCount < 3 ? 1 : undefined,
  }));
  for (let i = 0; i < 5; i++) await clock.advance(0);
  expect(tickCount).toBe(3);
});

test("stopped, it waits for the tick under way and starts no other", async () => {
  const tick = Promise.withResolvers<{ nextTickAt?: number }>();
  let tickCount = 0;
  const { clock, loop, wake } = createTicking(() => {
    tickCount++;
    return tick.promise;
  });
  await clock.advance(0);
  let hasStopped = false;
  const stopping = loop.stop().then(() => {
    hasStopped = true;
  });
  wake();
  await clock.advance(0);
  expect(hasStopped).toBe(false);
  tick.resolve({ nextTickAt: 0 });
  await stopping;
  wake();
  await clock.advance(1_000_000);
  expect(tickCount).toBe(1);
});

test("a defect in a tick is logged, and does not end the loop", async () => {
  let tickCount = 0;
  const error = new Error("defect");
  const { clock, errors } = createTicking(async () => {
    if (++tickCount === 1) throw error;
    return {};
  });
  await clock.advance(0);
  expect(errors).toEqual([{ error }]);
  await clock.advance(1_000);
  expect(tickCount).toBe(2);
});
