/** One record or request that a peer cannot take must not take the others of its batch with it. */
import { afterEach, expect, test } from "vitest";
import { ballotZero } from "../../src/core/ballot.ts";
import { encodeRegister } from "../../src/core/codec.ts";
import type { Entry } from "../../src/core/entry.ts";
import { partitionOfKey } from "../../src/core/layout.ts";
import { counterMetMax, valueBytesMax } from "../../src/core/limits.ts";
import { memoryFrom } from "../../src/core/memory.ts";
import type { PeerRequest } from "../../src/core/message.ts";
import {
  decodeAnswer,
  encodeAnswer,
  encodeBatch,
} from "../../src/core/message-codec.ts";
import { createMeter } from "../../src/node/meter.ts";
import { createMetrics } from "../../src/node/metrics.ts";
import { createPeers } from "../../src/node/peers.ts";
import { partitionBucket } from "../../src/node/state.ts";
import { createSuspicion } from "../../src/node/suspicion.ts";
import type { TransportResult } from "../../src/ports.ts";
import { openStore } from "../../src/store/open.ts";
import { transportResultOf } from "../../src/transport/peer-result.ts";
import { quiet } from "../http/memory-node.ts";
import { type Cluster, createCluster, systemClock } from "./cluster.ts";

let cluster: Cluster | undefined;
afterEach(() => cluster?.close());

const bytes = (text: string) => new TextEncoder().encode(text);
const beyond = { epoch: 1, counter: counterMetMax + 1, proposer: "p" };
const entryOf = (valueBytes: number): Entry => ({
  value: new Uint8Array(valueBytes),
  createdAt: 1,
  modifiedAt: 1,
  revision: ballotZero,
  memory: memoryFrom(ballotZero),
});

const address = (key: string) => ({ area: "key", key }) as const;

test.each<PeerRequest>([
  { kind: "list", partition: 65_535, limit: 1 },
  { kind: "digest", partitions: [0, 65_535] },
  { kind: "inherit", partition: 65_535, collectedAt: 1 },
])(
  "a partition that the ring does not have is malformed, and no failure of the store: %j",
  async (request) => {
    const errors: string[] = [];
    cluster = createCluster({
      log: { ...quiet, error: (message) => void errors.push(message) },
    });
    const node = await cluster.start("a");
    const { layout, self } = node.greeting();
    const answer = await node.handlePeer(
      encodeBatch({
        ringId: layout.ringId,
        epoch: layout.epoch,
        to: self.id,
        requests: [request],
      }),
    );
    expect(answer.ok && decodeAnswer(answer.value)).toMatchObject({
      kind: "replies",
      replies: [{ kind: "error", error: { code: "malformed_message" } }],
    });
    expect(errors).toEqual([]);
    expect(node.status().storeFailure).toBeUndefined();
  },
);

test.each<[string, PeerRequest]>([
  [
    "a counter that nobody takes",
    { kind: "prepare", ...address("x"), ballot: beyond },
  ],
  [
    "a value above every limit",
    {
      kind: "accept",
      ...address("x"),
      ballot: ballotZero,
      entry: entryOf(valueBytesMax + 1),
    },
  ],
  [
    "a key longer than a text may be",
    { kind: "read", ...address("x".repeat(70_000)), withEntry: false },
  ],
])("%s is refused alone, and its peer not suspected", async (_, poison) => {
  cluster = createCluster();
  const node = await cluster.start("a");
  const suspicion = createSuspicion(systemClock, {
    onFailed: () => {},
    onRecovered: () => {},
    onDisplaced: () => {},
  });
  let messageCount = 0;
  const refusals: unknown[] = [];
  const peers = createPeers({
    suspicion,
    clock: systemClock,
    meter: createMeter(createMetrics()),
    transport: {
      async call(_, body) {
        messageCount++;
        return transportResultOf(await node.handlePeer(body));
      },
      hello: () => Promise.reject(new Error("nobody greets here")),
    },
    log: {
      debug() {},
      info() {},
      warn: () => {},
      error: (_, fields) => refusals.push(fields),
    },
    callTimeoutMs: 1000,
    executeTimeoutMs: 1000,
    adopt: () => Promise.resolve(),
  });
  const { layout, self } = node.greeting();
  const read = (key: string): PeerRequest => ({
    kind: "read",
    ...address(key),
    withEntry: true,
  });
  // The first goes at once; the others gather while it is on its way.
  const requests = Array.from({ length: 128 }, (_, i) =>
    i === 77 ? poison : read(`k${i}`),
  );
  const outcomes = await Promise.all(
    requests.map((request) => peers.send(layout, self.id, request)),
  );
  expect(outcomes.map(({ kind }) => kind)).toEqual(
    requests.map((_, i) => (i === 77 ? "unreachable" : "state")),
  );
  expect(outcomes[77]).toMatchObject({ wasSent: false });
  expect(suspicion.hasFailed(self.id)).toBe(false);
  expect(refusals).toHaveLength(1);
  expect(messageCount).toBeLessThan(20);
});

test("a reply that cannot be understood leaves the others of its answer as they are", () => {
  const good = { kind: "state", accepted: ballotZero } as const;
  const replies = [good, { kind: "state", accepted: beyond } as const, good];
  const answer = decodeAnswer(encodeAnswer({ kind: "replies", replies }));
  expect(answer).toEqual({
    version: 1,
    kind: "replies",
    replies: [good, { kind: "unreadable" }, good],
  });
});

test("a record with a ballot beyond what messages carry blocks no other key, and is rebuilt", async () => {
  cluster = createCluster({ founding: { partitionCount: 1 } });
  const store = await openStore({ kind: "memory" });
  const a = await cluster.start("a", { store });
  for (const name of ["b", "c"]) {
    const node = await cluster.start(name);
    expect(await node.join({ urls: [a.url] })).toMatchObject({ ok: true });
  }
  const [, b] = cluster.nodes;
  expect(await b?.put("poisoned", bytes("old"))).toMatchObject({ ok: true });
  const { layout } = a.greeting();
  const bucket = partitionBucket(0, partitionOfKey(layout, "poisoned"));
  const write = encodeRegister({
    promised: beyond,
    accepted: beyond,
    entry: { ...entryOf(1), revision: beyond },
  });
  await store.update(bucket, "poisoned", () => ({ write, result: 0 }));

  let lostCount = 0;
  cluster.intercept = ({ deliver }) =>
    deliver().then((result: TransportResult) => {
      if (result.kind !== "answer") lostCount++;
      return result;
    });
  const keys = ["poisoned", ...Array.from({ length: 60 }, (_, i) => `k${i}`)];
  for (const node of cluster.nodes) {
    const written = await Promise.all(
      keys.map((key) => node.put(key, bytes(`${node.name} ${key}`))),
    );
    expect(written.filter(({ ok }) => !ok)).toEqual([]);
    const reads = await Promise.all(keys.map((key) => node.get(key)));
    expect(
      reads.map(
        (read) => read.ok && new TextDecoder().decode(read.value?.value),
      ),
    ).toEqual(keys.map((key) => `${node.name} ${key}`));
  }
  expect(lostCount).toBe(0);
  await expect
    .poll(() => a.status().unreadableRecords, { timeout: 20_000 })
    .toBe(0);
});
