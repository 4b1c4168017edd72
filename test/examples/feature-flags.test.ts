/** examples/feature-flags.ts: a copy that follows, and holds while nobody answers. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { setFlag, watchFlags } from "../../examples/feature-flags.ts";
import { createClient } from "../../src/client/client.ts";
import { until } from "../e2e/until.ts";
import { type ExampleRing, startExampleRing } from "./ring.ts";

let ring: ExampleRing;
beforeAll(async () => {
  ring = await startExampleRing();
});
afterAll(() => ring?.close());

test("a flag that one process sets is on in the other, also when its node dies", async () => {
  const example = ring.run("feature-flags.ts");
  await example.line('"new-checkout":false');
  const setting = ring.run("feature-flags.ts", "new-checkout", "on");
  expect(await setting.ended).toBe(0);
  await example.line('"new-checkout":true');
  await ring.nodes[0]?.kill();
  const client = createClient({ nodes: ring.urls });
  await setFlag(client, "dark-mode", true);
  expect(await example.line('"dark-mode":true')).toContain(
    '"new-checkout":true',
  );
  await ring.nodes[0]?.restart();
});

test("without the ring the defaults hold, then what the ring said, also when it is gone again", async () => {
  const client = createClient({ nodes: ring.urls, timeoutMs: 1_000 });
  await setFlag(client, "beta", true);
  for (const node of ring.nodes) await node.kill();
  const seen: unknown[] = [];
  const flags = watchFlags(client, {
    defaults: { beta: false, old: true },
    onChange: (values) => void seen.push(values),
  });
  expect([flags.isOn("beta"), flags.isOn("old")]).toEqual([false, true]);
  for (const node of ring.nodes) await node.restart();
  await until(() => flags.isOn("beta"), "the flag is seen");
  expect(flags.isOn("old")).toBe(true);
  const saw = seen.length;
  for (const node of ring.nodes) await node.kill();
  await expect(client.has("flags")).rejects.toThrow();
  expect([flags.isOn("beta"), seen.length]).toEqual([true, saw]);
  flags.close();
});
