/** Writes that Workers KV refuses because they come too soon after another. */
import { expect, test } from "vitest";
import type { KvNamespace } from "../../src/runtime/cloudflare.ts";
import { patientKv } from "../../src/runtime/patient-kv.ts";
import { createProcess } from "../../src/sim/process.ts";
import { createScheduler } from "../../src/sim/scheduler.ts";
import { createVirtualClock } from "../../src/sim/virtual-clock.ts";

/** KV that refuses the first writes with an error. */
function scene(refusedCount: number, message: string) {
  const scheduler = createScheduler({ seed: 1 });
  const life = createProcess({ name: "n", scheduler }).start();
  const clock = createVirtualClock({ scheduler }).port(life);
  let tries = 0;
  const kv = {
    async put() {
      if (++tries <= refusedCount) throw new Error(message);
    },
  } as unknown as KvNamespace;
  const write = patientKv(kv, clock).put("k", "v");
  return { write: scheduler.settle(write), scheduler, tries: () => tries };
}

const tooSoon = "KV PUT failed: 429 Too Many Requests";

test("a write that came too soon is taken when its second is over", async () => {
  const { write, scheduler, tries } = scene(2, tooSoon);
  await write;
  expect(tries()).toBe(3);
  expect(scheduler.now()).toBeGreaterThan(2_000);
});

test("one that is refused again and again has failed in the end", async () => {
  const { write, tries } = scene(100, tooSoon);
  await expect(write).rejects.toThrow("429");
  expect(tries()).toBe(4);
});

test("what fails for another reason has failed at once", async () => {
  const { write, tries } = scene(1, "KV PUT failed: 500");
  await expect(write).rejects.toThrow("500");
  expect(tries()).toBe(1);
});
