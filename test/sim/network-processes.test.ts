/** The virtual network and processes that stop: crashes, pauses, restarts; and a run that a seed repeats. */
import { describe, expect, test } from "vitest";
import type { NetworkFaults } from "../../src/sim/network-faults.ts";
import { bytes, setUp, shown } from "./three-processes.ts";

describe("processes that stop", () => {
  test("a node that is down: refused, or silence", async () => {
    const { scheduler, network, b, call } = setUp();
    b.crash();
    expect((await scheduler.settle(call())).kind).toBe("not-sent");
    network.setFaults({ refusedShare: 0 });
    expect((await scheduler.settle(call())).kind).toBe("unknown");
    expect(network.counters()).toMatchObject({
      refused: 1,
      "timed-out": 1,
      delivered: 0,
    });
  });

  test("a url where nobody ever listened", async () => {
    const { scheduler, port } = setUp();
    const result = await scheduler.settle(
      port.call("http://nobody", bytes("x"), 100),
    );
    expect(result.kind).toBe("not-sent");
  });

  test("a node that dies while it handles a call: unknown, at once or at the time-out", async () => {
    for (const [refusedShare, endsAt] of [
      [1, 20],
      [0, 100],
    ] as const) {
      const { scheduler, listen, lives, b, call, handled } = setUp({
        refusedShare,
      });
      listen(lives.b, 50);
      const called = call("x", 100);
      scheduler.after(10, () => b.crash());
      expect((await scheduler.settle(called)).kind).toBe("unknown");
      expect(scheduler.now()).toBeLessThanOrEqual(endsAt);
      expect(handled).toEqual(["x"]);
      await scheduler.run();
    }
  });

  test("a node that is back: it gets what was sent to its former life", async () => {
    const { scheduler, listen, b, call, handled } = setUp({
      delayMsMin: 5,
      delayMsMax: 5,
    });
    const called = call("x");
    scheduler.after(1, () => {
      b.crash();
      listen(b.start());
    });
    expect(shown(await scheduler.settle(called))).toBe("x done");
    expect(handled).toEqual(["x"]);
  });

  test("a paused node answers when it goes on; its caller may have given up", async () => {
    const { scheduler, network, b, call, handled } = setUp();
    b.pause();
    const called = call("x", 100);
    scheduler.after(60_000, () => b.resume());
    expect((await scheduler.settle(called)).kind).toBe("unknown");
    expect(handled).toEqual([]);
    await scheduler.run();
    expect(handled).toEqual(["x"]);
    expect(network.counters()).toMatchObject({ held: 1, "answer-late": 1 });
  });

  test("a paused caller finds its answer, or its time-out, when it goes on", async () => {
    const { scheduler, a, call } = setUp();
    const answered = call("x", 100);
    a.pause();
    scheduler.after(50, () => a.resume());
    expect(shown(await scheduler.settle(answered))).toBe("x done");
    expect(scheduler.now()).toBe(50);
  });

  test("a caller that died hears of nothing, and can no longer call", async () => {
    const { scheduler, a, call, handled } = setUp();
    let heard = 0;
    void call("x").then(() => heard++);
    scheduler.after(0, () => {
      a.crash();
      void call("y").then(() => heard++);
    });
    await scheduler.run();
    expect(heard).toBe(0);
    expect(handled).toEqual(["x"]);
  });
});

describe("chance", () => {
  const stormy: Partial<NetworkFaults> = {
    delayMsMax: 20,
    slowShare: 0.1,
    slowMsMax: 500,
    requestLostShare: 0.1,
    answerLostShare: 0.1,
    duplicatedShare: 0.2,
    duplicateMsMax: 2_000,
    notSentShare: 0.05,
  };

  async function storm(seed: number): Promise<string> {
    const { scheduler, events, b, listen, call } = setUp(stormy, seed);
    for (let count = 0; count < 300; count++)
      scheduler.after(count, () => void call(String(count)));
    scheduler.after(100, () => b.crash());
    scheduler.after(150, () => listen(b.start(), 3));
    scheduler.after(200, () => b.pause());
    scheduler.after(260, () => b.resume());
    await scheduler.run();
    return events.map((event) => JSON.stringify(event)).join("\n");
  }

  test("the same seed gives the same trace, byte for byte; another one does not", async () => {
    const trace = await storm(7);
    expect(await storm(7)).toBe(trace);
    expect(await storm(8)).not.toBe(trace);
  });
});
