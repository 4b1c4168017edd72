/** A record that failed its checksum may have forgotten a promise: its replica votes on the key again in a later epoch only. */
import { afterEach, expect, test } from "vitest";
import type { PeerReply, PeerRequest } from "../../src/core/message.ts";
import { decodeAnswer, encodeBatch } from "../../src/core/message-codec.ts";
import { partitionBucket } from "../../src/node/state.ts";
import { openStore } from "../../src/store/open.ts";
import { type Cluster, type ClusterNode, createCluster } from "./cluster.ts";
import { createDamagedStore } from "./damaged-store.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const address = { area: "key", key: "k" } as const;

let cluster: Cluster;
afterEach(() => cluster?.close());

async function until(isReady: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isReady()))
    await new Promise((resolve) => setTimeout(resolve, 5));
}

test("a proposer that counts a forgotten promise takes back nothing that was acknowledged since", async () => {
  cluster = createCluster({
    founding: { partitionCount: 1 },
    timing: { operationTimeoutMs: 1_000, peerCallTimeoutMs: 400 },
  });
  const store = createDamagedStore(await openStore({ kind: "memory" }));
  const a = await cluster.start("a");
  const b = await cluster.start("b");
  const c = await cluster.start("c", { store });
  for (const node of [b, c])
    expect(await node.join({ urls: [a.url] })).toMatchObject({ ok: true });
  expect(await a.put("k", encode("before"))).toMatchObject({ ok: true });

  const { layout } = a.greeting();
  /** A proposer far ahead of the others, whose prepare has come to c, and is still on its way to b. */
  const ballot = {
    epoch: layout.epoch,
    counter: 1_000,
    proposer: "P".repeat(22),
  };
  async function vote(
    node: ClusterNode,
    request: PeerRequest,
  ): Promise<PeerReply | string> {
    const to = layout.members.find(({ name }) => name === node.name)?.id ?? "";
    const { ringId, epoch } = layout;
    const batch = { ringId, epoch, to, requests: [request] };
    const bytes = await node.handlePeer(encodeBatch(batch));
    if (!bytes.ok) throw new Error(bytes.error.message);
    const answer = decodeAnswer(bytes.value);
    if (answer?.kind !== "replies") return answer?.kind ?? "none";
    const [reply] = answer.replies;
    return reply?.kind === "unreadable" ? "none" : (reply ?? "none");
  }
  const atC = await vote(c, { kind: "prepare", ...address, ballot });
  expect(atC).toMatchObject({ kind: "promised" });

  const bucket = partitionBucket(1, 0);
  store.damage(bucket, "k");
  await c.get("k");
  await until(async () => (await store.read(bucket, "k")).kind === "record");
  await until(() => c.status().unreadableRecords === 0);

  cluster.connects = (from, to) => from !== "b" && to !== "b";
  const acknowledged = await a.put("k", encode("after"));
  expect(acknowledged).toMatchObject({ ok: true });
  cluster.connects = () => true;
  const atB = await vote(b, { kind: "prepare", ...address, ballot });
  // What it has to carry on if it takes both for promises.
  const entry = [atB, atC].flatMap((reply) =>
    typeof reply === "object" && reply.kind === "promised" && reply.entry
      ? [reply.entry]
      : [],
  )[0];
  if (entry)
    for (const node of [b, c])
      await vote(node, { kind: "accept", ...address, ballot, entry });
  for (const node of [a, b, c])
    expect(await node.get("k")).toMatchObject({
      ok: true,
      value: { value: encode("after") },
    });
});

test("the epoch is renewed for it, seldom for many records, though nothing moves", async () => {
  cluster = createCluster({ founding: { partitionCount: 8 } });
  const store = createDamagedStore(await openStore({ kind: "memory" }));
  const a = await cluster.start("a");
  const b = await cluster.start("b");
  const c = await cluster.start("c", { store });
  for (const node of [b, c])
    expect(await node.join({ urls: [a.url] })).toMatchObject({ ok: true });
  const keys = Array.from({ length: 40 }, (_, index) => `k${index}`);
  for (const key of keys) await a.put(key, encode(key));
  const { epoch, phase } = c.status();
  expect(phase).toBe("stable");
  for (const { bucket, key } of await placesOf(c, keys, store))
    store.damage(bucket, key);
  await Promise.all(keys.map((key) => c.get(key)));
  await until(() => c.status().unreadableRecords > 0);
  await until(() => c.status().unreadableRecords === 0);
  // Each renewal is two epochs.
  const renewals = (c.status().epoch - epoch) / 2;
  expect(renewals).toBeGreaterThan(0);
  expect(renewals).toBeLessThan(10);
  for (const { bucket, key } of await placesOf(c, keys, store))
    expect(await store.read(bucket, key)).toMatchObject({ kind: "record" });
});

async function placesOf(
  node: ClusterNode,
  keys: readonly string[],
  store: Awaited<ReturnType<typeof openStore>>,
) {
  const { layout } = node.greeting();
  const buckets = layout.table.map((_, partition) =>
    partitionBucket(1, partition),
  );
  const places = await Promise.all(
    buckets.flatMap((bucket) =>
      keys.map(async (key) => ({
        bucket,
        key,
        isThere: (await store.read(bucket, key)).kind !== "absent",
      })),
    ),
  );
  return places.filter(({ isThere }) => isThere);
}
