/** Processes and clocks: nothing outlives a crash or goes on through a pause, and clocks are wrong as told. */
import { describe, expect, test } from "vitest";
import { createProcess } from "../../src/sim/process.ts";
import { createScheduler } from "../../src/sim/scheduler.ts";
import { createVirtualClock, epochMs } from "../../src/sim/virtual-clock.ts";

function setUp() {
  const scheduler = createScheduler({ seed: 1 });
  const process = createProcess({ name: "a", scheduler });
  const log: string[] = [];
  const note = (what: string) => () => {
    log.push(`${what} at ${scheduler.now()}`);
  };
  return { scheduler, process, log, note };
}

describe("a process", () => {
  test("that crashes hears of nothing any more, and a new life of nothing old", async () => {
    const { scheduler, process, log, note } = setUp();
    const first = process.start();
    first.after(10, note("first"));
    first.onEnd(note("end"));
    scheduler.after(5, () => {
      process.crash();
      expect(process.state()).toBe("down");
      expect(first.isAlive()).toBe(false);
      first.deliver(note("delivered"));
      process.start().after(1, note("second"));
    });
    await scheduler.run();
    expect(log).toEqual(["end at 5", "second at 6"]);
    first.onEnd(note("late end"));
    expect(log).toHaveLength(3);
  });

  test("that is paused does what became due when it goes on, in order", async () => {
    const { scheduler, process, log, note } = setUp();
    const life = process.start();
    life.after(1, note("one"));
    life.after(2, note("two"));
    const cancel = life.after(3, note("cancelled meanwhile"));
    life.after(60, note("later"));
    process.pause();
    expect(process.state()).toBe("paused");
    expect(life.deliver(note("message"))).toBe(false);
    scheduler.after(50, () => {
      cancel();
      process.resume();
      expect(process.state()).toBe("running");
    });
    await scheduler.run();
    expect(log).toEqual([
      "message at 50",
      "one at 50",
      "two at 50",
      "later at 60",
    ]);
  });

  test("that crashes while it is paused forgets what waited", async () => {
    const { scheduler, process, log, note } = setUp();
    const life = process.start();
    life.after(1, note("one"));
    process.pause();
    await scheduler.run();
    process.crash();
    process.resume();
    process.start().after(1, note("new"));
    await scheduler.run();
    expect(log).toEqual(["new at 2"]);
  });

  test("does not start twice; what is down can crash, pause and resume without effect", () => {
    const { process } = setUp();
    process.crash();
    process.pause();
    process.resume();
    expect(process.state()).toBe("down");
    process.start();
    expect(() => process.start()).toThrow("runs already");
  });
});

describe("a machine's clock", () => {
  test("is ahead or behind, gains or loses, jumps, and outlives a process", async () => {
    const { scheduler, process } = setUp();
    const clock = createVirtualClock({ scheduler, skewMs: -500 });
    const port = clock.port(process.start());
    expect(port.now()).toBe(epochMs - 500);
    await scheduler.run({ untilMs: 1_000 });
    expect(port.now()).toBe(epochMs + 500);
    clock.setDrift(10_000);
    await scheduler.run({ untilMs: 2_000 });
    expect(port.now()).toBe(epochMs + 1_510);
    clock.jump(-5_000);
    expect(port.now()).toBe(epochMs - 3_490);
    process.crash();
    expect(clock.port(process.start()).now()).toBe(epochMs - 3_490);
    clock.setDrift(0);
    await scheduler.run({ untilMs: 3_000 });
    expect(clock.now()).toBe(epochMs - 2_490);
  });

  test("its timers drift with it, but do not jump", async () => {
    const { scheduler, process, log, note } = setUp();
    const clock = createVirtualClock({
      scheduler,
      driftPartsPerMillion: 250_000,
    });
    const port = clock.port(process.start());
    port.timer(100, note("timer"));
    const cancel = port.timer(50, note("cancelled"));
    clock.jump(1e9);
    cancel();
    await scheduler.run();
    expect(log).toEqual(["timer at 80"]);
  });

  test("does not run backwards", () => {
    const { scheduler } = setUp();
    const clock = createVirtualClock({ scheduler });
    expect(() => clock.setDrift(-1e6)).toThrow(RangeError);
  });
});
