/** The end of a run: the healed ring comes to rest, and every key is read through every member. */
import type { RingStatus } from "../../src/client/status.ts";
import type { Violation } from "../../src/sim/ring-run.ts";
import { each } from "../../test/e2e/each.ts";
import { until } from "../../test/e2e/until.ts";
import type { Addressed } from "./ring.ts";
import { authorization } from "./secret.ts";
import { recorded, type WorkloadParts } from "./workload.ts";

const restMsMax = 60_000;
const readMsMax = 15_000;
const readsAtOnce = 16;

/** Waits until all members tell of the same stable and even layout, made of them alone, and no damage. */
export async function rest(
  members: readonly Addressed[],
  violations: Violation[],
): Promise<void> {
  let last: readonly string[] = [];
  try {
    await until(
      async () => {
        const all = await Promise.all(members.map(statusOf));
        last = all.map((status) => viewOf(status));
        return (
          new Set(last).size === 1 &&
          all.every((status) => isAtRest(status, members))
        );
      },
      "the ring is at rest",
      restMsMax,
    );
  } catch (error) {
    violations.push({ check: "rest", detail: `${error}; ${last.join(" / ")}` });
  }
}

async function statusOf({ place }: Addressed): Promise<RingStatus> {
  const response = await fetch(`${place.clientUrl}/dht/status`, {
    headers: { authorization },
    signal: AbortSignal.timeout(5_000),
  });
  return (await response.json()) as RingStatus;
}

function viewOf({ ringId, epoch, phase, members }: RingStatus): string {
  const names = members.map(({ name }) => name).sort();
  return `${ringId} ${epoch} ${phase} ${names.join(",")}`;
}

function isAtRest(status: RingStatus, members: readonly Addressed[]): boolean {
  return (
    status.phase === "stable" &&
    status.isEven &&
    status.activity === "none" &&
    status.unreadableRecords === 0 &&
    status.members.length === members.length
  );
}

/** The history tells whether what they say is right; that they say something is asked here. */
export async function readEverything(
  parts: Omit<WorkloadParts, "stop">,
): Promise<void> {
  const { ring, history, now, violations } = parts;
  const keys = [...new Set(history.operations().map(({ key }) => key))];
  for (const node of ring.members())
    await each(keys, readsAtOnce, async (key) => {
      const began = now();
      for (let tries = 0; now() - began < readMsMax; tries++) {
        const call = { key, input: { kind: "get" } } as const;
        const id = `last ${node.name} ${key} ${tries}`;
        const { outcome } = await recorded(parts, node, {
          ...call,
          id,
          client: `last-${node.name}`,
        });
        if (outcome.kind !== "failed") return;
      }
      violations.push({
        check: "availability",
        detail: `${key} cannot be read through ${node.name}`,
      });
    });
}
