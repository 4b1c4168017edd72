/** For whom a change waits: a silence counts while it lasts without a break, and is not over before a call says so. */
import { describe, expect, test } from "vitest";
import { createPatience } from "../../src/node/patience.ts";
import { createSuspicion } from "../../src/node/suspicion.ts";
import { createScheduler } from "../../src/sim/scheduler.ts";

const patienceMs = 10_000;

/** A member x, who answers or does not, and what is known of it. */
function scene() {
  const scheduler = createScheduler({ seed: 1 });
  const clock = { now: scheduler.now, timer: scheduler.after };
  const suspicion = createSuspicion(clock, {
    onFailed() {},
    onRecovered() {},
    onDisplaced() {},
  });
  const calls: number[] = [];
  let answers = false;
  const call = () => {
    if (answers) suspicion.answered("x");
    else suspicion.failed("x");
    return answers;
  };
  const patience = createPatience({
    clock,
    patienceMs,
    suspicion,
    async answers() {
      calls.push(scheduler.now());
      return call();
    },
  });
  return {
    patience,
    calls,
    call,
    note: () => patience.note(suspicion.hasFailed("x") ? ["x"] : []),
    isBack(isSo: boolean) {
      answers = isSo;
    },
    pass: (ms: number) => scheduler.run({ untilMs: scheduler.now() + ms }),
  };
}

describe("a change waits for a member", () => {
  test("until it was silent for so long, and one more call has said so", async () => {
    const { patience, note, call, calls, pass } = scene();
    call();
    note();
    await pass(patienceMs - 1);
    note();
    expect(patience.isOver("x")).toBe(false);
    await pass(1);
    expect(calls).toEqual([patienceMs]);
    expect(patience.isOver("x")).toBe(true);
  });

  test("that has come back while nobody called it, and then anew", async () => {
    const { patience, note, call, isBack, pass } = scene();
    call();
    note();
    await pass(patienceMs - 1);
    isBack(true);
    await pass(1);
    expect(patience.isOver("x")).toBe(false);
    isBack(false);
    call();
    note();
    await pass(patienceMs - 1);
    expect(patience.isOver("x")).toBe(false);
    await pass(1);
    expect(patience.isOver("x")).toBe(true);
  });

  test("anew when it has answered in between, though this node drove nothing then and took no note", async () => {
    const { patience, note, call, isBack, pass } = scene();
    call();
    note();
    isBack(true);
    call();
    isBack(false);
    await pass(patienceMs);
    call();
    expect(patience.isOver("x")).toBe(false);
    note();
    expect(patience.isOver("x")).toBe(false);
    await pass(patienceMs);
    expect(patience.isOver("x")).toBe(true);
  });

  test("no more once it is over, until it answers", async () => {
    const { patience, note, call, isBack, pass } = scene();
    call();
    note();
    await pass(patienceMs);
    expect(patience.isOver("x")).toBe(true);
    isBack(true);
    call();
    expect(patience.isOver("x")).toBe(false);
  });
});
