/** Stores that answer what is over: what a process wrote lately counts, and partitions are looked at once more. */
import { describe, expect, test } from "vitest";
import { ballotZero } from "../../src/core/ballot.ts";
import { encodeRegister } from "../../src/core/codec.ts";
import { staleReadMsMax } from "../../src/core/limits.ts";
import { memoryFrom } from "../../src/core/memory.ts";
import { prepare, registerEmpty } from "../../src/core/register.ts";
import { createLaterLooks } from "../../src/node/later-looks.ts";
import { withOwnWrites } from "../../src/node/own-writes.ts";
import { registerIn } from "../../src/node/register-record.ts";
import type { Clock, ScanPage, Store, Stored } from "../../src/ports.ts";
import { memoryDriver } from "../../src/store/memory-driver.ts";
import { splitStore } from "../../src/store/split-store.ts";
import { createStore } from "../../src/store/store.ts";

/** Time passes when it is told to. */
function createClock(): Clock & { pass(ms: number): void } {
  let now = 0;
  let timers: { at: number; callback: () => void }[] = [];
  return {
    now: () => now,
    timer(delayMs, callback) {
      const timer = { at: now + delayMs, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((each) => each !== timer);
      };
    },
    pass(ms) {
      now += ms;
      const due = timers.filter(({ at }) => at <= now);
      timers = timers.filter(({ at }) => at > now);
      for (const { callback } of due) callback();
    },
  };
}

const bucket = "r0/p/0000";

function recordOf(counter: number): Uint8Array {
  const ballot = { epoch: 0, counter, proposer: "A" };
  return encodeRegister({
    promised: { epoch: 1, counter: 0, proposer: "" },
    accepted: ballot,
    entry: {
      value: null,
      revision: ballot,
      createdAt: 0,
      modifiedAt: 0,
      memory: memoryFrom(ballot),
    },
  });
}

/** An eventual store that shows what it is told to. */
function scene() {
  const clock = createClock();
  const behind = createStore({ driver: memoryDriver(), guarantee: "eventual" });
  let shown: Stored = { kind: "absent" };
  const stale: Store = {
    ...behind,
    read: async () => shown,
    update: async (_, __, step) => step(shown).result,
  };
  const store = withOwnWrites(stale, clock);
  const write = (counter: number) =>
    store.update(bucket, "k", () => ({ write: recordOf(counter), result: 0 }));
  return {
    clock,
    store,
    write,
    show: (counter: number) => {
      shown = { kind: "record", bytes: recordOf(counter) };
    },
    seen: async () => {
      const found = await store.read(bucket, "k");
      return found.kind === "record" ? found.bytes : found.kind;
    },
  };
}

/** The store takes it, and shows it to nobody yet. */
const drops: Store["update"] = async (_, __, step) =>
  step({ kind: "absent" }).result;

describe("an eventual store", () => {
  test("shows what this process wrote, for as long as it may show what is over", async () => {
    const { clock, store, write, seen } = scene();
    expect(await seen()).toBe("absent");
    await write(5);
    expect(await seen()).toEqual(recordOf(5));
    const held = await store.update(bucket, "k", (found) => ({
      result: found,
    }));
    expect(held).toMatchObject({ kind: "record" });
    clock.pass(staleReadMsMax);
    expect(await seen()).toBe("absent");
  });

  test("shows what is above it, which another process wrote", async () => {
    const { write, show, seen } = scene();
    await write(5);
    show(4);
    expect(await seen()).toEqual(recordOf(5));
    show(6);
    expect(await seen()).toEqual(recordOf(6));
  });

  test("shows no longer what was deleted here", async () => {
    const { store, write, seen } = scene();
    await write(5);
    await store.update(bucket, "k", () => ({ write: null, result: 0 }));
    expect(await seen()).toBe("absent");
    await write(6);
    await store.drop(bucket);
    expect(await seen()).toBe("absent");
  });

  test("lists what this process wrote, in its place and in pages, although the store does not list it yet", async () => {
    const clock = createClock();
    const behind = createStore({
      driver: memoryDriver(),
      guarantee: "eventual",
    });
    const listed = ["k1", "k4", "k6"];
    for (const key of listed)
      await behind.update(bucket, key, () => ({
        write: recordOf(1),
        result: 0,
      }));
    const store = withOwnWrites({ ...behind, update: drops }, clock);
    for (const key of ["k7", "k2", "k4", "k5"])
      await store.update(bucket, key, () => ({
        write: recordOf(5),
        result: 0,
      }));
    const pages = async (limit: number, bytesMax = 1_000_000) => {
      const found: (readonly (string | undefined)[])[] = [];
      for (let after: string | undefined = ""; after !== undefined; ) {
        const page: ScanPage = await store.scan(bucket, {
          after,
          limit,
          bytesMax,
        });
        found.push(page.records.map(({ key }) => key));
        after = page.next;
      }
      return found;
    };
    const all = ["k1", "k2", "k4", "k5", "k6", "k7"];
    expect(await pages(10)).toEqual([all]);
    expect((await pages(2)).flat()).toEqual(all);
    expect((await pages(2)).every((page) => page.length <= 2)).toBe(true);
    expect(await pages(10, 1)).toEqual(all.map((key) => [key]));
    clock.pass(staleReadMsMax);
    expect(await pages(10)).toEqual([listed]);
  });

  test("forgets no promise of a register that votes, when two come at once", async () => {
    const system = createStore({
      driver: memoryDriver(),
      cacheBytesMax: 1_000_000,
    });
    const data = createStore({
      driver: memoryDriver(),
      guarantee: "eventual",
    });
    const store = withOwnWrites(splitStore({ system, data }), createClock());
    const promise = (counter: number) =>
      store.update("r0/s", "1", (found) => {
        const register =
          found.kind === "record" ? registerIn(found.bytes) : undefined;
        const step = prepare(
          register ?? registerEmpty,
          { epoch: 1, counter, proposer: "A" },
          ballotZero,
        );
        return step.register
          ? { write: encodeRegister(step.register), result: step.reply.kind }
          : { result: step.reply.kind };
      });
    expect(await promise(5)).toBe("promised");
    expect(await Promise.all([promise(9), promise(7)])).toEqual([
      "promised",
      "refused",
    ]);
  });

  test("costs a store of any other kind nothing", () => {
    const store = createStore({ driver: memoryDriver() });
    expect(withOwnWrites(store, createClock())).toBe(store);
  });
});

test("a partition is looked at again when its store must show what was written, and again for what came meanwhile", () => {
  const clock = createClock();
  const looks: number[] = [];
  const later = createLaterLooks({ clock, suspect: (p) => looks.push(p) });
  later.note(3);
  clock.pass(staleReadMsMax - 1);
  later.note(3);
  expect(looks).toEqual([]);
  clock.pass(1);
  expect(looks).toEqual([3]);
  clock.pass(staleReadMsMax);
  expect(looks).toEqual([3, 3]);
  clock.pass(staleReadMsMax);
  expect(looks).toEqual([3, 3]);
});
