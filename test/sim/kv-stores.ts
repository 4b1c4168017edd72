/** Stores of machines over simulated Workers KV: a namespace of its own for each one's data, and its disk for its own records. */

import type { Store } from "../../src/ports.ts";
import type { Prng } from "../../src/sim/prng.ts";
import type { Scheduler } from "../../src/sim/scheduler.ts";
import { splitStore } from "../../src/store/split-store.ts";
import { createStore } from "../../src/store/store.ts";
import { createKv } from "./kv-driver.ts";

/** For `storeOn` of a world, whose scheduler is there only later; a machine keeps its namespace from life to life. */
export function createKvStores(random: Prng, schedulerOf: () => Scheduler) {
  const kvs = new Map<string, ReturnType<typeof createKv>>();
  return {
    kvs,
    storeOn(machine: string, disk: Store): Store {
      const kv =
        kvs.get(machine) ?? createKv(schedulerOf(), random.fork(machine));
      kvs.set(machine, kv);
      const data = createStore({ driver: kv.driver });
      return splitStore({ system: disk, data });
    },
  };
}
