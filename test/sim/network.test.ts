/** The virtual network: each fault happens, is counted, and ends as one of the three things that a call can end as. */
import { describe, expect, test } from "vitest";
import { bytes, setUp, shown, url } from "./three-processes.ts";

describe("a call", () => {
  test("is answered, after a delay there and back", async () => {
    const { scheduler, network, events, call } = setUp();
    expect(shown(await scheduler.settle(call("x")))).toBe("x done");
    expect(scheduler.now()).toBeGreaterThan(0.4);
    expect(scheduler.now()).toBeLessThan(2);
    expect(network.counters()).toMatchObject({
      called: 1,
      delivered: 1,
      answered: 1,
      "timed-out": 0,
    });
    expect(events).toEqual(
      ["called", "delivered", "answered"].map((kind) => ({
        kind,
        call: 1,
        from: "a",
        to: "b",
      })),
    );
    await scheduler.run();
    expect(scheduler.now()).toBeLessThan(2);
  });

  test("carries copies: neither side sees what the other does to its bytes", async () => {
    const { scheduler, network, lives, port } = setUp();
    const kept: Uint8Array[] = [];
    network.listen(url, {
      life: lives.b,
      async handle(body) {
        kept.push(body);
        return body;
      },
    });
    const sent = bytes("abc");
    const called = port.call(url, sent, 100);
    sent.fill(0);
    const result = await scheduler.settle(called);
    expect(shown(result)).toBe("abc");
    kept[0]?.fill(0);
    expect(shown(result)).toBe("abc");
  });

  test("says hello", async () => {
    const { scheduler, port } = setUp();
    expect(shown(await scheduler.settle(port.hello(url, 100)))).toBe(
      "b's greeting",
    );
  });

  test("to a handler that fails, or to what is no node, has an unknown outcome", async () => {
    const { scheduler, network, lives, call, port } = setUp();
    network.listen(url, {
      life: lives.b,
      handle: () => Promise.reject(new Error("defect")),
    });
    expect(await scheduler.settle(call())).toMatchObject({
      kind: "unknown",
      reason: expect.stringContaining("defect"),
    });
    expect((await scheduler.settle(port.hello(url, 100))).kind).toBe("unknown");
    expect(network.counters()["handler-failed"]).toBe(2);
  });

  test("that takes too long is unknown at its time-out, and its late answer is nobody's", async () => {
    const { scheduler, network, listen, lives, call, handled } = setUp();
    listen(lives.b, 500);
    expect((await scheduler.settle(call("x", 100))).kind).toBe("unknown");
    expect(scheduler.now()).toBe(100);
    await scheduler.run();
    expect(handled).toEqual(["x"]);
    expect(network.counters()).toMatchObject({
      "timed-out": 1,
      "answer-late": 1,
      answered: 0,
    });
  });
});

describe("messages that get lost", () => {
  test("a request: nothing happened, and the caller does not know", async () => {
    const { scheduler, network, call, handled } = setUp({
      requestLostShare: 1,
    });
    expect((await scheduler.settle(call())).kind).toBe("unknown");
    expect(handled).toEqual([]);
    expect(network.counters()["request-lost"]).toBe(1);
  });

  test("an answer: it happened, and the caller does not know", async () => {
    const { scheduler, network, call, handled } = setUp({ answerLostShare: 1 });
    expect((await scheduler.settle(call())).kind).toBe("unknown");
    expect(handled).toEqual(["x"]);
    expect(network.counters()["answer-lost"]).toBe(1);
  });

  test("a request that is not sent: the caller knows", async () => {
    const { scheduler, call, handled } = setUp({ notSentShare: 1 });
    expect((await scheduler.settle(call())).kind).toBe("not-sent");
    expect(handled).toEqual([]);
  });

  test("happen about as often as told", async () => {
    const { scheduler, network, call } = setUp({
      requestLostShare: 0.2,
      answerLostShare: 0.1,
    });
    for (let count = 0; count < 2_000; count++) void call();
    await scheduler.run();
    const counters = network.counters();
    expect(Math.abs(counters["request-lost"] - 400)).toBeLessThan(80);
    expect(Math.abs(counters["answer-lost"] - 160)).toBeLessThan(50);
    expect(counters.answered + counters["timed-out"]).toBe(2_000);
  });
});

describe("messages that come twice, late, or in another order", () => {
  test("a duplicate is handled again, much later perhaps; the caller sees one answer", async () => {
    const delays: number[] = [];
    for (let seed = 0; seed < 40; seed++) {
      const { scheduler, network, call, handled } = setUp(
        { duplicatedShare: 1, duplicateMsMax: 60_000 },
        seed,
      );
      expect(shown(await scheduler.settle(call("x")))).toBe("x done");
      await scheduler.run();
      delays.push(scheduler.now());
      expect(handled).toEqual(["x", "x"]);
      expect(network.counters()).toMatchObject({
        duplicated: 1,
        delivered: 2,
        answered: 1,
        "answer-late": 1,
      });
    }
    expect(delays.some((delay) => delay < 100)).toBe(true);
    expect(delays.some((delay) => delay > 10_000)).toBe(true);
  });

  test("a duplicate may be the only copy that arrives", async () => {
    const { scheduler, call, handled } = setUp({
      requestLostShare: 1,
      duplicatedShare: 1,
      duplicateMsMax: 10,
    });
    expect(shown(await scheduler.settle(call("x")))).toBe("x done");
    expect(handled).toEqual(["x"]);
  });

  test("with a wide delay, later messages overtake earlier ones", async () => {
    const { scheduler, network, call, handled } = setUp({
      delayMsMin: 1,
      delayMsMax: 50,
    });
    const sent = Array.from({ length: 50 }, (_, index) => String(index));
    for (const body of sent) void call(body);
    await scheduler.run();
    expect(handled).not.toEqual(sent);
    expect(handled.toSorted()).toEqual(sent.toSorted());
    expect(network.counters().overtaken).toBeGreaterThan(10);
  });

  test("some are slow", async () => {
    const { scheduler, network, call } = setUp({ slowShare: 1, slowMsMax: 40 });
    const called = Array.from({ length: 20 }, () => call());
    await scheduler.settle(Promise.all(called));
    expect(scheduler.now()).toBeGreaterThan(20);
    expect(network.counters().slow).toBe(40);
  });
});

describe("a split", () => {
  test("one way: requests arrive, answers do not", async () => {
    const { scheduler, network, call, handled } = setUp();
    network.cut("b", "a");
    expect((await scheduler.settle(call("x"))).kind).toBe("unknown");
    expect(handled).toEqual(["x"]);
    expect(network.counters()["answer-cut"]).toBe(1);
    network.mend("b", "a");
    expect(shown(await scheduler.settle(call("y")))).toBe("y done");
  });

  test("the other way: nothing arrives, which the caller learns or not", async () => {
    const { scheduler, network, call, handled } = setUp();
    network.cut("a", "b");
    expect((await scheduler.settle(call())).kind).toBe("not-sent");
    network.setFaults({ refusedShare: 0 });
    expect((await scheduler.settle(call())).kind).toBe("unknown");
    expect(handled).toEqual([]);
    expect(network.counters()).toMatchObject({
      "request-cut": 2,
      refused: 1,
      "timed-out": 1,
    });
  });

  test("catches what is under way", async () => {
    const { scheduler, network, call, handled } = setUp({
      delayMsMin: 5,
      delayMsMax: 5,
    });
    const called = call();
    scheduler.after(1, () => network.cut("a", "b"));
    expect((await scheduler.settle(called)).kind).toBe("unknown");
    expect(handled).toEqual([]);
  });

  test("of groups goes both ways, spares who is in none, and heals", async () => {
    const { scheduler, network, lives, call } = setUp();
    network.split([["a"], ["b", "d"]]);
    expect((await scheduler.settle(call())).kind).toBe("not-sent");
    const fromC = network.transport(lives.c);
    expect(
      shown(await scheduler.settle(fromC.call(url, bytes("c"), 100))),
    ).toBe("c done");
    network.heal();
    expect(shown(await scheduler.settle(call("x")))).toBe("x done");
  });
});
