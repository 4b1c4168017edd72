/** A node that is asked to join another ring while somebody joins its own: one of the two comes to nothing, and both go on. */
import { afterEach, expect, test } from "vitest";
import { openStore } from "../../src/store/open.ts";
import { type Cluster, createCluster } from "./cluster.ts";

let cluster: Cluster;
afterEach(() => cluster?.close());

const encode = (text: string) => new TextEncoder().encode(text);

test("nobody is left in a ring whose only founder has gone", async () => {
  cluster = createCluster({
    founding: { partitionCount: 8 },
    timing: {
      operationTimeoutMs: 800,
      peerCallTimeoutMs: 300,
      changeStallMsMax: 1_000,
    },
  });
  const memory = await openStore({ kind: "memory" });
  let systemWrites = 0;
  let crossing: Promise<unknown> | undefined;
  /** The founder's vote for the layout with the newcomer is on the disk, and not yet told: then it asks elsewhere. */
  const store: typeof memory = {
    ...memory,
    async update(bucket, key, step) {
      const result = await memory.update(bucket, key, step);
      if (!bucket.endsWith("system")) return result;
      systemWrites++;
      if (systemWrites === 2) {
        crossing = founder.join({ urls: [elsewhere.url] });
        // By then it waits to store that it goes: nothing before that takes more than microtasks here.
        await new Promise((resolve) => setImmediate(resolve));
      }
      return result;
    },
  };
  const elsewhere = await cluster.start("elsewhere");
  const founder = await cluster.start("founder", { store });
  const newcomer = await cluster.start("newcomer");
  await founder.put("of the founder", encode("1"));
  await newcomer.put("of the newcomer", encode("2"));

  const joined = await newcomer.join({ urls: [founder.url] });
  expect(joined).toMatchObject({ ok: true });
  expect(crossing).toBeDefined();
  expect(await crossing).toMatchObject({ ok: false });
  for (const node of [founder, newcomer]) {
    expect(node.status()).toMatchObject({ phase: "stable", activity: "none" });
    expect(node.peers().toSorted()).toEqual(["founder", "newcomer"]);
    for (const key of ["of the founder", "of the newcomer"])
      expect(await node.get(key)).toMatchObject({ ok: true, value: {} });
  }
  // Asked again, it leaves the ring that it is in by now, and goes.
  expect(await founder.join({ urls: [elsewhere.url] })).toMatchObject({
    ok: true,
  });
  expect(founder.peers().toSorted()).toEqual(["elsewhere", "founder"]);
  expect(newcomer.peers()).toEqual(["newcomer"]);
});
