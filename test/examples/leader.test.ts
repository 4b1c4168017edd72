/** examples/leader.ts: leaders as processes that are killed and stopped, and the ledger that they guard. */
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openLedger, StaleLeaderError } from "../../examples/leader.ts";
import { createClient } from "../../src/client/client.ts";
import { until } from "../e2e/until.ts";
import { type ExampleRing, startExampleRing } from "./ring.ts";

let ring: ExampleRing;
beforeAll(async () => {
  ring = await startExampleRing();
});
afterAll(() => ring?.close());

test("when the leader is killed, and a node with it, the other process leads", async () => {
  const path = join(ring.folder, "ledger.sqlite");
  const first = ring.run("leader.ts", path);
  await first.line("leads");
  const second = ring.run("leader.ts", path);
  await until(() => lineCount(path) > 1, "the first writes");
  first.process.kill("SIGKILL");
  await ring.nodes[0]?.kill();
  await second.line("leads");
  const before = lineCount(path);
  await until(() => lineCount(path) > before, "the second writes");
  second.process.kill("SIGKILL");
  await second.ended;
  await ring.nodes[0]?.restart();
});

function lineCount(path: string): number {
  const ledger = openLedger(path);
  const count = ledger.lines().length;
  ledger.close();
  return count;
}

test("a leader that was held up for longer than its time is refused", async () => {
  const client = createClient({ nodes: ring.urls });
  const ledger = openLedger(join(ring.folder, "other.sqlite"));
  const late = await client.lock("held-up", { ttlSeconds: 1 });
  ledger.append("in time", late.revision);
  // Nobody renews it, so that the next one gets it.
  const next = await client.lock("held-up", { ttlSeconds: 60 });
  ledger.append("newer", next.revision);
  expect(() => ledger.append("late", late.revision)).toThrow(StaleLeaderError);
  expect(ledger.lines()).toEqual([{ text: "in time" }, { text: "newer" }]);
  ledger.close();
  await next.release();
});
