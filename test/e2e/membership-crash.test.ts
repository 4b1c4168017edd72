/** A node killed in the middle of a join or a leave, in each part that it can have: the change is finished or undone, and nothing is lost. */
import { describe, expect, test } from "vitest";
import type { RingStatus } from "../../src/client/status.ts";
import {
  call,
  keysAt,
  peersAt,
  putAll,
  statusOf,
  wrongReads,
} from "./calls.ts";
import type { NodeProcess } from "./nodes.ts";
import { expectSplit, valuesOf } from "./seed-scenarios.ts";
import { nodesForTest } from "./test-nodes.ts";
import { until } from "./until.ts";

const keysInRing = 200;
const keysOfJoiner = 100;

/** The founder drives changes: it is the first of those who decide layouts. */
interface Scene {
  readonly driver: NodeProcess;
  /** Neither drives nor changes. */
  readonly witness: NodeProcess;
  readonly inRing: Map<string, string>;
}

async function setScene(): Promise<Scene & { readonly startNode: StartNode }> {
  // Enough partitions for a change to take a while, so that there is a middle.
  const nodes = await nodesForTest({ partitions: 256 });
  const [driver, witness] = await nodes.startRing(["driver", "witness"]);
  if (!driver || !witness) throw new Error("no node");
  const inRing = valuesOf("ring ", keysInRing);
  await putAll(inRing, () => driver);
  return { driver, witness, inRing, startNode: nodes.start };
}

type StartNode = (name: string, ...more: string[]) => Promise<NodeProcess>;

/** Moments of a change at which a node is killed, told by a node that is asked for its status. */
const moments: Readonly<Record<string, (status: RingStatus) => boolean>> = {
  "as soon as it is decided": ({ phase }) => phase === "joint",
  "when partitions were copied": ({ progress }) =>
    progress !== undefined && progress.partitionsDone > 20,
};

/** The change is asked for and goes on by itself: nobody waits for its answer, which may never come. */
function begin(node: NodeProcess, path: string, body?: string): void {
  call(node, `${path}?wait=0`, {
    method: "POST",
    ...(body !== undefined && { body }),
  }).then(
    (response) => response.arrayBuffer(),
    () => {},
  );
}

/** The members agree on a stable layout with these names; absent: with any. */
async function untilSettled(nodes: readonly NodeProcess[]): Promise<void> {
  await until(async () => {
    const all = await Promise.all(nodes.map(statusOf));
    const [first] = all;
    return all.every(
      ({ epoch, phase, ringId, activity }) =>
        phase === "stable" &&
        activity === "none" &&
        epoch === first?.epoch &&
        ringId === first.ringId,
    );
  }, "the members agree on a stable layout");
}

describe.each(Object.entries(moments))("killed %s", (_, isMoment) => {
  test.each([
    { who: "the driver", isDriver: true },
    { who: "the one that comes and goes", isDriver: false },
  ])("$who of a join, then of a leave", async ({ isDriver }) => {
    const { driver, witness, inRing, startNode } = await setScene();
    const guest = await startNode("guest");
    const own = valuesOf("own ", keysOfJoiner);
    await putAll(own, () => guest);
    const others = [driver, witness];
    const all = [...others, guest];
    const values = new Map([...inRing, ...own]);

    async function killAtItsTime(): Promise<void> {
      await until(async () => isMoment(await statusOf(driver)), "it is time");
      const victim = isDriver ? driver : guest;
      await victim.kill();
      await victim.restart();
    }

    // Whatever becomes of the join, a joiner that is back tries again until it is in.
    begin(guest, "/dht/join", witness.url);
    await killAtItsTime();
    await untilSettled(all);
    expect(await wrongReads(all, values)).toEqual([]);
    await expectSplit(all, values);

    const listed = (await keysAt(guest)).sort();
    begin(guest, "/dht/leave");
    await killAtItsTime();
    await untilSettled(others);
    await until(
      async () => (await statusOf(guest)).activity === "none",
      "the leaver is somewhere",
    );
    expect(await wrongReads(others, values)).toEqual([]);
    if ((await peersAt(witness)).includes(guest.name)) {
      expect(await wrongReads([guest], values)).toEqual([]);
      await expectSplit(all, values);
    } else {
      await expectSplit(others, values);
      await expectLeft(guest, listed, values);
    }
  });
});

/** The node is a ring of its own, with the keys that it listed before it left. */
async function expectLeft(
  node: NodeProcess,
  listed: readonly string[],
  values: ReadonlyMap<string, string>,
): Promise<void> {
  expect(await peersAt(node)).toEqual([node.name]);
  expect((await keysAt(node)).sort()).toEqual(listed);
  const kept = new Map([...values].filter(([key]) => listed.includes(key)));
  expect(await wrongReads([node], kept)).toEqual([]);
}

describe("killed before the ring could decide, it is remembered what was asked", () => {
  test("of a joiner", async () => {
    const { driver, witness, inRing, startNode } = await setScene();
    const joiner = await startNode("joiner");
    const own = valuesOf("own ", keysOfJoiner);
    await putAll(own, () => joiner);
    // Two decide, so neither can without the other; and what the second has begun ends with it.
    await driver.pause();
    begin(joiner, "/dht/join", witness.url);
    await until(
      async () => (await statusOf(joiner)).activity === "joining",
      "the joiner has stored its intent",
    );
    await joiner.kill();
    await witness.kill();
    driver.resume();
    await witness.restart();
    await joiner.restart();

    const all = [driver, witness, joiner];
    await untilSettled(all);
    const values = new Map([...inRing, ...own]);
    expect(await wrongReads(all, values)).toEqual([]);
    await expectSplit(all, values);
  });

  test("of a leaver", async () => {
    const { driver, witness, inRing, startNode } = await setScene();
    const leaver = await startNode("leaver", "--join", driver.url);
    const listed = (await keysAt(leaver)).sort();
    const others = [driver, witness];
    for (const node of others) await node.pause();
    begin(leaver, "/dht/leave");
    await until(
      async () => (await statusOf(leaver)).activity === "leaving",
      "the leaver has stored its intent",
    );
    await leaver.kill();
    for (const node of others) node.resume();
    await leaver.restart();

    await until(
      async () => (await peersAt(leaver)).length === 1,
      "the leaver has left",
    );
    await untilSettled(others);
    expect(await peersAt(driver)).toEqual(["driver", "witness"]);
    expect(await wrongReads(others, inRing)).toEqual([]);
    await expectSplit(others, inRing);
    await expectLeft(leaver, listed, inRing);
  });
});
