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
  test.each(["driver", "joiner"] as const)(
    "the %s of a join",
    async (victimName) => {
      const { driver, witness, inRing, startNode } = await setScene();
      const joiner = await startNode("joiner");
      const own = valuesOf("own ", keysOfJoiner);
      await putAll(own, () => joiner);
      begin(joiner, "/dht/join", witness.url);
      await until(async () => isMoment(await statusOf(driver)), "it is time");
      const victim = victimName === "driver" ? driver : joiner;
      await victim.kill();
      await victim.restart();

      // Whatever becomes of the join, a joiner that is back tries again until it is in.
      const all = [driver, witness, joiner];
      await untilSettled(all);
      const values = new Map([...inRing, ...own]);
      expect(await wrongReads(all, values)).toEqual([]);
      await expectSplit(all, values);
    },
  );

  test.each(["driver", "leaver"] as const)(
    "the %s of a leave",
    async (victimName) => {
      const { driver, witness, inRing, startNode } = await setScene();
      const leaver = await startNode("leaver", "--join", driver.url);
      const listed = (await keysAt(leaver)).sort();
      begin(leaver, "/dht/leave");
      await until(async () => isMoment(await statusOf(driver)), "it is time");
      const victim = victimName === "driver" ? driver : leaver;
      await victim.kill();
      await victim.restart();

      const others = [driver, witness];
      await untilSettled(others);
      await until(
        async () => (await statusOf(leaver)).activity === "none",
        "the leaver is somewhere",
      );
      expect(await wrongReads(others, inRing)).toEqual([]);
      if ((await peersAt(witness)).includes("leaver")) {
        expect(await wrongReads([leaver], inRing)).toEqual([]);
        await expectSplit([...others, leaver], inRing);
      } else {
        await expectSplit(others, inRing);
        expect(await peersAt(leaver)).toEqual(["leaver"]);
        expect((await keysAt(leaver)).sort()).toEqual(listed);
        const kept = new Map(
          [...inRing].filter(([key]) => listed.includes(key)),
        );
        expect(await wrongReads([leaver], kept)).toEqual([]);
      }
    },
  );
});

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
    expect((await keysAt(leaver)).sort()).toEqual(listed);
  });
});
