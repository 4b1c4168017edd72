/** An eventual ring on stores as bad as Workers KV may be, in virtual time: whatever they show meanwhile, it converges. */
import { expect, test } from "vitest";
import {
  compareBallots,
  formatBallot,
  parseBallot,
} from "../../src/core/ballot.ts";
import { decodeRegister } from "../../src/core/codec.ts";
import { createPrng } from "../../src/sim/prng.ts";
import { createWorld, type Machine } from "../../src/sim/world.ts";
import { openRecord } from "../../src/store/envelope.ts";
import type { createKv } from "./kv-driver.ts";
import { createKvStores } from "./kv-stores.ts";

const keys = ["k0", "k1", "k2", "k3", "k4", "k5"];
const writeCount = 240;

/** A ring of these, each with a namespace of its own for data, and a disk for its own records. */
async function ringOnKv(seed: number, names: readonly string[]) {
  const random = createPrng(`kv ${seed}`);
  const { kvs, storeOn } = createKvStores(random, () => world.scheduler);
  const world = createWorld({
    seed,
    founding: {
      partitionCount: 2,
      replicaCount: 3,
      consistency: "eventual",
    },
    storeOn,
  });
  const machines: Machine[] = [];
  for (const name of names) {
    const machine = world.machine(name, { skewMs: random.between(-500, 500) });
    machines.push(machine);
    const node = await world.scheduler.settle(machine.start());
    if (name !== "a")
      expect(
        await world.scheduler.settle(node.join({ urls: ["http://a"] })),
      ).toMatchObject({ ok: true });
  }
  return { world, machines, kvs, random };
}

/** The ballots that a namespace has of each key once it is at rest. */
function ballotsIn(kv: ReturnType<typeof createKv>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [item, bytes] of kv.settled()) {
    const at = item.lastIndexOf(":");
    const opened = openRecord(item.slice(0, at).replaceAll(":", "/"), bytes);
    if (opened.kind !== "record") throw new Error(`${item} is unreadable`);
    const register = decodeRegister(opened.payload);
    if (register?.entry) found[opened.key] = formatBallot(register.accepted);
  }
  return found;
}

test.each([1, 2, 3, 4])(
  "seed %i: all replicas hold the newest write that was acknowledged",
  async (seed) => {
    const { world, machines, kvs, random } = await ringOnKv(seed, [
      "a",
      "b",
      "c",
    ]);
    const { scheduler } = world;
    /** By key: the highest ballot that a client was told. */
    const told = new Map<string, string>();
    let refused = 0;
    for (let count = 0; count < writeCount; count++) {
      await scheduler.run({
        untilMs: scheduler.now() + random.between(0, 4_000),
      });
      const node = random.pick(machines).node();
      const key = random.pick(keys);
      if (!node) throw new Error("all nodes run");
      const value = new TextEncoder().encode(`${count}`);
      const put = await scheduler.settle(node.put(key, value));
      if (!put.ok) {
        refused++;
        continue;
      }
      const { revision } = put.value;
      const known = parseBallot(told.get(key) ?? "");
      if (!known || compareBallots(revision, known) > 0)
        told.set(key, formatBallot(revision));
      const isLost = random.chance(0.1);
      if (!isLost) continue;
      // A process that ends forgets what it wrote: from now on it sees what its namespace shows.
      const machine = random.pick(machines);
      machine.process.crash();
      await scheduler.settle(machine.start());
    }
    await scheduler.run({ untilMs: scheduler.now() + 20 * 60_000 });

    const stale = [...kvs.values()].map((kv) => kv.counters());
    expect(Math.min(...stale.map((each) => each.staleReads))).toBeGreaterThan(
      0,
    );
    expect(
      Math.max(...stale.map((each) => each.refusedWrites)),
    ).toBeGreaterThan(0);
    expect(refused).toBeLessThan(writeCount / 4);
    const expected = Object.fromEntries([...told].sort());
    for (const [name, kv] of kvs)
      expect({ name, held: sorted(ballotsIn(kv)) }).toEqual({
        name,
        held: expected,
      });
    for (const machine of machines)
      for (const key of keys) {
        const node = machine.node();
        const read = node && (await scheduler.settle(node.get(key)));
        expect(
          read?.ok && read.value && formatBallot(read.value.revision),
        ).toBe(told.get(key));
      }
  },
  60_000,
);

function sorted(ballots: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(ballots).sort());
}

test("a node that is alone, with nobody to mend what a stale read spoils, loses nothing while its process runs", async () => {
  const { world, machines, kvs } = await ringOnKv(7, ["a"]);
  const { scheduler } = world;
  const node = machines[0]?.node();
  const kv = kvs.get("a");
  if (!node || !kv) throw new Error("a runs");
  const told = new Map<string, string>();
  for (let count = 0; count < writeCount; count++) {
    await scheduler.run({ untilMs: scheduler.now() + 250 });
    const key = keys[count % keys.length] ?? "k0";
    const value = new TextEncoder().encode(`${count}`);
    const put = await scheduler.settle(node.put(key, value));
    expect(put).toMatchObject({ ok: true });
    if (!put.ok) return;
    told.set(key, formatBallot(put.value.revision));
    // What was written here is read here, whatever the store shows.
    const read = await scheduler.settle(node.get(key));
    expect(read).toMatchObject({ ok: true, value: { value } });
  }
  await scheduler.run({ untilMs: scheduler.now() + 10 * 60_000 });
  expect(kv.counters().staleReads).toBeGreaterThan(0);
  expect(sorted(ballotsIn(kv))).toEqual(Object.fromEntries([...told].sort()));
});
