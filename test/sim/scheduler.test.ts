/** Virtual time: the order of events, what an event sets going, and the ends of a run. */
import { describe, expect, test } from "vitest";
import { createPrng } from "../../src/sim/prng.ts";
import { createScheduler } from "../../src/sim/scheduler.ts";

describe("the scheduler", () => {
  test("runs events by time, then in the order in which they were planned", async () => {
    const scheduler = createScheduler({ seed: 1 });
    const random = createPrng(2);
    const delays = Array.from({ length: 2_000 }, () => random.below(50));
    const seen: { at: number; index: number }[] = [];
    for (const [index, delay] of delays.entries())
      scheduler.after(delay, () => seen.push({ at: scheduler.now(), index }));
    expect(await scheduler.run()).toBe("idle");
    const sorted = delays
      .map((at, index) => ({ at, index }))
      .sort((a, b) => a.at - b.at || a.index - b.index);
    expect(seen).toEqual(sorted);
    expect(scheduler.eventCount()).toBe(2_000);
  });

  test("lets everything that an event set going come to its end before the next", async () => {
    const scheduler = createScheduler({ seed: 1 });
    const log: string[] = [];
    const follow = async (name: string) => {
      for (let step = 0; step < 200; step++) {
        await null;
        await new Promise<void>((resolve) => queueMicrotask(resolve));
        if (step % 50 === 0)
          await new Promise<void>((resolve) => process.nextTick(resolve));
      }
      log.push(`${name} at ${scheduler.now()}`);
    };
    for (const [name, delay] of [
      ["b", 2],
      ["a", 1],
      ["c", 2],
    ] as const)
      scheduler.after(delay, () => {
        log.push(name);
        void follow(name);
      });
    await scheduler.run();
    expect(log).toEqual(["a", "a at 1", "b", "b at 2", "c", "c at 2"]);
  });

  test("what was begun before the run comes to its end before the first event", async () => {
    const scheduler = createScheduler({ seed: 1 });
    const begun = (async () => {
      for (let step = 0; step < 100; step++) await null;
      scheduler.after(5, () => {});
    })();
    expect(await scheduler.run()).toBe("idle");
    await begun;
    expect(scheduler.now()).toBe(5);
  });

  test("an event may plan others, at its own moment too", async () => {
    const scheduler = createScheduler({ seed: 1 });
    const log: number[] = [];
    scheduler.after(1, () => {
      scheduler.after(0, () => log.push(2));
      scheduler.after(-7, () => log.push(3));
      scheduler.after(Number.NaN, () => log.push(4));
      log.push(1);
    });
    await scheduler.run();
    expect(log).toEqual([1, 2, 3, 4]);
    expect(scheduler.now()).toBe(1);
  });

  test("a cancelled event does not run, nor keep time going", async () => {
    const scheduler = createScheduler({ seed: 1 });
    let count = 0;
    const cancels = Array.from({ length: 100 }, (_, index) =>
      scheduler.after(100 - index, () => count++),
    );
    for (const cancel of cancels.slice(0, 60)) cancel();
    await scheduler.run();
    expect(count).toBe(40);
    expect(scheduler.now()).toBe(40);
    for (const cancel of cancels) cancel();
  });

  test("stops at a time, goes on from there, and stops where it is told", async () => {
    const scheduler = createScheduler({ seed: 1 });
    const log: number[] = [];
    for (const at of [1, 2, 3, 4, 5]) scheduler.after(at, () => log.push(at));
    expect(await scheduler.run({ untilMs: 2.5 })).toBe("reached");
    expect(log).toEqual([1, 2]);
    expect(scheduler.now()).toBe(2.5);
    expect(await scheduler.run({ until: () => log.length === 4 })).toBe(
      "reached",
    );
    expect(scheduler.now()).toBe(4);
    expect(await scheduler.run({ untilMs: 100 })).toBe("idle");
    expect(scheduler.now()).toBe(100);
  });

  test("settles a promise, its error too, and says when it cannot", async () => {
    const scheduler = createScheduler({ seed: 1 });
    const later = (delay: number) =>
      new Promise<number>((resolve) => {
        scheduler.after(delay, () => resolve(scheduler.now()));
      });
    scheduler.after(1_000, () => {});
    expect(await scheduler.settle(later(5).then((at) => at + 1))).toBe(6);
    expect(scheduler.now()).toBe(5);
    const failing = later(5).then(() => Promise.reject(new Error("no")));
    await expect(scheduler.settle(failing)).rejects.toThrow("no");
    const never = new Promise(() => {});
    await expect(scheduler.settle(never)).rejects.toThrow("is idle");
  });

  test("rejects with what an event throws, and can go on", async () => {
    const scheduler = createScheduler({ seed: 1 });
    scheduler.after(1, () => {
      throw new Error("defect");
    });
    scheduler.after(2, () => {});
    await expect(scheduler.run()).rejects.toThrow("defect");
    expect(await scheduler.run()).toBe("idle");
    expect(scheduler.now()).toBe(2);
  });

  test("ends a run that does not end by itself", async () => {
    const scheduler = createScheduler({ seed: 1 });
    const again = () => {
      scheduler.after(0, again);
    };
    again();
    await expect(scheduler.run({ eventsMax: 1_000 })).rejects.toThrow(
      "does not end",
    );
  });

  test("refuses a run within a run", async () => {
    const scheduler = createScheduler({ seed: 1 });
    const outer = scheduler.run();
    await expect(scheduler.run()).rejects.toThrow("runs already");
    await outer;
  });
});
