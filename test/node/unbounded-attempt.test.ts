/** An attempt that was made without a bound is the only one: what a later one was told would say nothing about it. */
import { expect, test } from "vitest";
import { createBallots } from "../../src/node/ballots.ts";
import type { ChangeRequest } from "../../src/node/coordinator.ts";
import { timingDefault } from "../../src/node/given.ts";
import { createOperations } from "../../src/node/operations.ts";
import type { ChangeResult } from "../../src/node/results.ts";
import type { Ring } from "../../src/node/ring.ts";
import { createSuspicion } from "../../src/node/suspicion.ts";
import { systemRandom } from "../../src/runtime/system-ports.ts";
import { systemClock } from "./cluster.ts";
import { loneLayout } from "./lone-layout.ts";

const layout = loneLayout({ partitionCount: 1 });

/** Executes a put on the only replica; its coordinator ends `results` one after the other, each before the operation's time. */
async function execute(results: readonly ChangeResult[], hasBound: boolean) {
  const asked: ChangeRequest[] = [];
  const ballots = createBallots(systemRandom);
  const refuse = () => Promise.reject(new Error("nobody else is asked"));
  const operations = createOperations({
    ring: {
      layout: () => layout,
      memberId: () => "m",
      state: () => ({ stay: { layout, memberId: "m" } }),
    } as Ring,
    voters: { ask: refuse },
    peers: {
      send: refuse,
      sendDirectly: refuse,
      suspicion: createSuspicion(systemClock, {
        onFailed() {},
        onRecovered() {},
        onDisplaced() {},
      }),
    },
    coordinator: {
      async change(request) {
        asked.push(request);
        return results[asked.length - 1] ?? { kind: "no-quorum" };
      },
      read: refuse,
      refresh: refuse,
    },
    ballots,
    clock: systemClock,
    random: systemRandom,
    timing: { ...timingDefault, hedgeDelayMs: 1, operationTimeoutMs: 5_000 },
    meter: { forwarded() {} },
  });
  const bound = { ringId: layout.ringId, ballot: ballots.bound(1) };
  const result = await operations.execute(
    "k",
    { kind: "delete", id: "i" },
    hasBound ? { bound } : {},
  );
  return { result, asked };
}

test("its unknown end is final", async () => {
  const { result, asked } = await execute([{ kind: "unknown" }], false);
  expect(result).toEqual({ kind: "unknown" });
  expect(asked).toHaveLength(1);
  expect(asked[0]).not.toHaveProperty("after");
});

test("with a bound it is tried again, under the same one, as a repetition", async () => {
  const { result, asked } = await execute(
    [{ kind: "unknown" }, { kind: "forgotten" }],
    true,
  );
  expect(result).toEqual({ kind: "unknown" });
  expect(asked).toHaveLength(2);
  expect(asked[1]).toMatchObject({ mayRepeat: true, after: asked[0]?.after });
});
