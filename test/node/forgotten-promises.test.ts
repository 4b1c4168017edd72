/** A record that failed its checksum may have forgotten a promise: its replica votes on the key again in a later epoch only. */
import { expect, test } from "vitest";
import type { PeerReply, PeerRequest } from "../../src/core/message.ts";
import { decodeAnswer, encodeBatch } from "../../src/core/message-codec.ts";
import { until } from "../e2e/until.ts";
import type { ClusterNode } from "./cluster.ts";
import { damagedRing, placeOf } from "./damaged-ring.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const address = { area: "key", key: "k" } as const;

test("a proposer that counts a forgotten promise takes back nothing that was acknowledged since", async () => {
  const { cluster, nodes, store } = await damagedRing(["k"], 1);
  const [a, b, c] = nodes;

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

  const { bucket } = placeOf(c, "k");
  store.damage(bucket, "k");
  await c.get("k");
  await until(
    async () => (await store.read(bucket, "k")).kind === "record",
    "the record is rebuilt",
  );
  await until(() => c.status().unreadableRecords === 0, "the node says so");

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
  const keys = Array.from({ length: 40 }, (_, index) => `k${index}`);
  const { nodes, store } = await damagedRing(keys);
  const [, , c] = nodes;
  const { epoch, phase } = c.status();
  expect(phase).toBe("stable");
  const places = keys.map((key) => ({ key, ...placeOf(c, key) }));
  for (const { bucket, key } of places) store.damage(bucket, key);
  await Promise.all(keys.map((key) => c.get(key)));
  const stored = () =>
    Promise.all(places.map(({ bucket, key }) => store.read(bucket, key)));
  await until(
    async () => (await stored()).every(({ kind }) => kind === "record"),
    "all records are rebuilt",
  );
  await until(() => c.status().unreadableRecords === 0, "the node says so");
  // Each renewal is two epochs.
  const renewals = (c.status().epoch - epoch) / 2;
  expect(renewals).toBeGreaterThan(0);
  expect(renewals).toBeLessThan(10);
});
