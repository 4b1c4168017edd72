/** When an object rests: its alarms, and the note by which the next life knows how this one ended. */
import { describe, expect, test } from "vitest";
import type { TickReport } from "../../src/node/api.ts";
import { createObjectLife, watchMs } from "../../src/runtime/object-life.ts";
import { createProcess } from "../../src/sim/process.ts";
import { createScheduler } from "../../src/sim/scheduler.ts";
import { createVirtualClock } from "../../src/sim/virtual-clock.ts";

/** An object in virtual time, whose memory can go; its node's ticks say what the test says. */
function scene() {
  const scheduler = createScheduler({ seed: 1 });
  const process = createProcess({ name: "object", scheduler });
  const kept = new Map<string, unknown>();
  const virtual = createVirtualClock({ scheduler });
  let alarmAt: number | undefined;
  let life: ReturnType<typeof createObjectLife> | undefined;
  let wakeNode = () => {};
  const state = {
    report: { isAtRest: true } as TickReport,
    ticks: 0,
    alarms: 0,
  };

  function start() {
    const clock = virtual.port(process.start());
    const storage = {
      kv: {
        get: (key: string) => kept.get(key),
        put: (key: string, value: unknown) => void kept.set(key, value),
        delete: (key: string) => kept.delete(key),
      },
      setAlarm: async (at: number) => {
        alarmAt = at;
      },
    };
    life = createObjectLife({ storage, clock });
    open();
    return life;
  }

  function open() {
    const node = {
      tick: async () => {
        state.ticks++;
        return state.report;
      },
      onWake: (callback: () => void) => {
        wakeNode = callback;
      },
    };
    life?.drive(node, { error() {} });
  }

  /** Lets time go by, with the platform's alarms in it. */
  async function pass(ms: number) {
    const untilMs = scheduler.now() + ms;
    while (scheduler.now() < untilMs) {
      const stepMs = Math.min(100, untilMs - scheduler.now());
      await scheduler.run({ untilMs: scheduler.now() + stepMs });
      if (alarmAt === undefined || virtual.now() < alarmAt) continue;
      alarmAt = undefined;
      state.alarms++;
      if (!life) start();
      life?.alarm();
    }
  }

  return {
    state,
    start,
    pass,
    /** A node that could not be opened is tried again by an alarm in this time; here, a request opens it before. */
    openBefore(delayMs: number) {
      alarmAt = virtual.now() + delayMs;
      open();
    },
    evict() {
      process.crash();
      life = undefined;
    },
    wakeNode: () => wakeNode(),
    now: () => virtual.now(),
    alarmInMs: () => alarmAt && alarmAt - virtual.now(),
    isNoted: () => kept.has("rest"),
  };
}

describe("an object", () => {
  test("rests when nothing has happened for long enough, without an alarm", async () => {
    const { start, pass, isNoted, alarmInMs, state } = scene();
    expect(start().atRest).toBeUndefined();
    expect(isNoted()).toBe(false);
    await pass(3 * watchMs);
    expect(isNoted()).toBe(true);
    expect(alarmInMs()).toBeUndefined();
    const { ticks } = state;
    await pass(100 * watchMs);
    expect(state.ticks).toBe(ticks);
  });

  test("that rested knows it in its next life; one that wrote since does not", async () => {
    const { start, pass, evict, isNoted, alarmInMs } = scene();
    start();
    await pass(3 * watchMs);
    evict();
    const rested = start();
    expect(rested.atRest).toEqual({});
    expect(alarmInMs()).toBeUndefined();
    rested.wrote();
    expect(isNoted()).toBe(false);
    expect(alarmInMs()).toBe(watchMs);
    evict();
    expect(start().atRest).toBeUndefined();
  });

  test("that lost its memory while it worked is brought back by its alarm", async () => {
    const { start, pass, evict, state, isNoted } = scene();
    state.report = { isAtRest: false };
    start();
    await pass(watchMs / 2);
    evict();
    state.report = { isAtRest: true };
    const { ticks } = state;
    await pass(3 * watchMs);
    expect(state.ticks).toBeGreaterThan(ticks);
    expect(isNoted()).toBe(true);
  });

  test("that could be opened late comes to its rest no later", async () => {
    const { start, openBefore, pass, alarmInMs, isNoted } = scene();
    start();
    openBefore(100 * watchMs);
    expect(alarmInMs()).toBe(watchMs);
    await pass(3 * watchMs);
    expect(isNoted()).toBe(true);
  });

  test("does not rest while a request is under way, or the node is not at rest", async () => {
    const { start, pass, isNoted, state, wakeNode } = scene();
    const life = start();
    const end = life.begin();
    await pass(4 * watchMs);
    expect(isNoted()).toBe(false);
    state.report = { isAtRest: false };
    wakeNode();
    end();
    await pass(4 * watchMs);
    expect(isNoted()).toBe(false);
    state.report = { isAtRest: true };
    wakeNode();
    await pass(4 * watchMs);
    expect(isNoted()).toBe(true);
  });

  test("sleeps until a time that the node waits for, and ticks then", async () => {
    const { start, pass, isNoted, state, now, alarmInMs, evict } = scene();
    const dueAt = now() + 60 * watchMs;
    state.report = { isAtRest: true, nextTickAt: dueAt };
    start();
    await pass(4 * watchMs);
    expect(isNoted()).toBe(true);
    expect(alarmInMs()).toBe(dueAt - now());
    evict();
    const { ticks, alarms } = state;
    state.report = { isAtRest: true };
    await pass(60 * watchMs);
    expect(state.alarms).toBeGreaterThan(alarms);
    expect(state.ticks).toBeGreaterThan(ticks);
    expect(isNoted()).toBe(true);
    expect(alarmInMs()).toBeUndefined();
  });

  test("is not woken by an alarm when nothing is due, in this life or the next", async () => {
    const { start, pass, isNoted, state, now, alarmInMs, evict, wakeNode } =
      scene();
    const life = start();
    await pass(4 * watchMs);
    const { ticks } = state;
    life.alarm();
    expect([isNoted(), alarmInMs(), state.ticks]).toEqual([
      true,
      undefined,
      ticks,
    ]);
    const dueAt = now() + 60 * watchMs;
    state.report = { isAtRest: true, nextTickAt: dueAt };
    wakeNode();
    await pass(4 * watchMs);
    evict();
    start().alarm();
    expect([isNoted(), alarmInMs()]).toEqual([true, dueAt - now()]);
    state.report = { isAtRest: true };
    await pass(60 * watchMs);
    expect(isNoted()).toBe(true);
    expect(alarmInMs()).toBeUndefined();
  });

  test("ticks what is due soon by itself, without rows for alarms", async () => {
    const { start, pass, state, now } = scene();
    state.report = { isAtRest: false, nextTickAt: now() + 50 };
    start();
    await pass(10);
    expect(state.ticks).toBe(1);
    state.report = { isAtRest: true };
    await pass(100);
    expect(state.ticks).toBe(2);
    expect(state.alarms).toBe(0);
  });
});
