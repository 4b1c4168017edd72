/** Watches over real nodes in one process: order, coalescing, resuming, hints that are lost or held, members that come and go. */
import { afterEach, describe, expect, test } from "vitest";
import {
  ballotZero,
  compareBallots,
  formatBallot,
  parseBallot,
} from "../../src/core/ballot.ts";
import { partitionOfKey, replicaIdsOf } from "../../src/core/layout.ts";
import { watchersMax } from "../../src/core/limits.ts";
import type { PeerRequest } from "../../src/core/message.ts";
import { decodeBatch, encodeBatch } from "../../src/core/message-codec.ts";
import type { Timing } from "../../src/node/api.ts";
import { absentId } from "../../src/node/watch.ts";
import type { TransportResult } from "../../src/ports.ts";
import { type Cluster, type ClusterNode, createCluster } from "./cluster.ts";
import { type Seen, seenBy } from "./watch-seen.ts";

const encode = (text: string) => new TextEncoder().encode(text);

let cluster: Cluster;
afterEach(() => cluster?.close());

type Four = readonly [ClusterNode, ClusterNode, ClusterNode, ClusterNode];

async function ringOfFour(timing: Partial<Timing> = {}): Promise<Four> {
  cluster = createCluster({ founding: { partitionCount: 8 }, timing });
  const [a, b, c, d] = await Promise.all(
    ["a", "b", "c", "d"].map((name) => cluster.start(name)),
  );
  if (!a || !b || !c || !d) throw new Error("four were started");
  for (const node of [b, c, d])
    expect(await node.join({ urls: [a.url] })).toMatchObject({ ok: true });
  return [a, b, c, d];
}

async function put(node: ClusterNode, key: string, value: string) {
  const written = await node.put(key, encode(value));
  if (!written.ok) throw new Error(written.error.message);
  return formatBallot(written.value.revision);
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 2));
}

const untilLast = ({ lines }: Seen, line: string) =>
  until(() => lines.at(-1) === line);

/** One that keeps the key, and one that does not. */
function placesOf(nodes: readonly ClusterNode[], key: string) {
  const { layout } = nodes[0]?.greeting() ?? {};
  if (!layout) throw new Error("there are nodes");
  const ids = replicaIdsOf(layout, partitionOfKey(layout, key));
  const isReplica = (node: ClusterNode) =>
    ids.includes(node.greeting().self.id);
  const [keeps, also] = nodes.filter(isReplica);
  const [keepsNot] = nodes.filter((node) => !isReplica(node));
  if (!keeps || !also || !keepsNot) throw new Error("three of four keep it");
  return { keeps, also, keepsNot };
}

function holds(body: Uint8Array, kind: PeerRequest["kind"]): boolean {
  return (
    decodeBatch(body)?.requests.some((request) => request.kind === kind) ??
    false
  );
}

describe("what is shown", () => {
  test("the state now, at a node that keeps the key and at one that does not", async () => {
    const nodes = await ringOfFour();
    const { keeps, keepsNot } = placesOf(nodes, "k");
    for (const node of [keeps, keepsNot])
      expect(await node.watch("none")).toMatchObject({ ok: true });
    await put(keeps, "k", "1");
    for (const node of [keeps, keepsNot]) {
      const seen = seenBy(await node.watch("k"));
      await untilLast(seen, "1");
      expect(seen.lines).toEqual(["1"]);
      seen.close();
    }
  });

  test("a write that was acknowledged before, though an older read is under way", async () => {
    const nodes = await ringOfFour();
    const { keeps, keepsNot } = placesOf(nodes, "k");
    await put(keeps, "k", "old");
    const first = seenBy(await keepsNot.watch("k"));
    await untilLast(first, "old");
    // The read of a hint is held until the second watch has asked.
    const held: (() => void)[] = [];
    cluster.intercept = ({ from, body, deliver }) =>
      from === keepsNot.name && holds(body, "read") && held.length < 2
        ? new Promise<TransportResult>((resolve) =>
            held.push(() => void deliver().then(resolve)),
          )
        : undefined;
    await put(keeps, "k", "new");
    await until(() => held.length === 2);
    const second = keepsNot.watch("k");
    await put(keeps, "k", "newest");
    for (const release of held) release();
    const seen = seenBy(await second);
    await untilLast(seen, "newest");
    expect(seen.lines).toEqual(["newest"]);
  });

  test("of many writes some, in order, and always the last", async () => {
    const nodes = await ringOfFour();
    const watched = await Promise.all(
      nodes.map(async (node) => seenBy(await node.watch("k"))),
    );
    const revisions: string[] = [];
    for (let i = 0; i < 60; i++) {
      const writer = nodes[i % nodes.length] ?? nodes[0];
      revisions.push(await put(writer, "k", `v${i}`));
    }
    await until(() => watched.every(({ lines }) => lines.at(-1) === "v59"));
    for (const { ids } of watched) {
      const places = ids.map((id) => revisions.indexOf(id));
      expect(places).not.toContain(-1);
      expect(places).toEqual(places.toSorted((a, b) => a - b));
      expect(new Set(places).size).toBe(places.length);
    }
  });

  test("to a reader that is slow: nothing in between", async () => {
    const [a, b] = await ringOfFour();
    const opened = await a.watch("k");
    if (!opened.ok) throw new Error("it opens");
    const watch = opened.value;
    expect(await watch.next(1_000)).toEqual({ kind: "absent" });
    for (let i = 0; i < 20; i++) await put(b, "k", `v${i}`);
    const other = seenBy(await a.watch("k"));
    await untilLast(other, "v19");
    expect(await watch.next(1_000)).toMatchObject({
      kind: "value",
      value: { value: encode("v19") },
    });
    expect(await watch.next(10)).toEqual({ kind: "quiet" });
    watch.close();
    expect(await watch.next(10)).toEqual({ kind: "ended" });
  });

  test("an absent key once, however often it is deleted, or written and deleted unseen", async () => {
    const [a, b] = await ringOfFour();
    const opened = await a.watch("k");
    if (!opened.ok) throw new Error("it opens");
    expect(await opened.value.next(1_000)).toEqual({ kind: "absent" });
    await b.delete("k");
    await put(b, "k", "1");
    await b.delete("k");
    // A watch that begins now has the newest state read for both.
    expect(await a.watch("k")).toMatchObject({ ok: true });
    expect(await opened.value.next(50)).toEqual({ kind: "quiet" });
  });
});

describe("who comes again", () => {
  test("gets nothing twice, and what came since", async () => {
    const [a, b] = await ringOfFour();
    const first = await put(a, "k", "1");
    const again = seenBy(await b.watch("k", { after: first }));
    const anew = seenBy(await b.watch("k"));
    await untilLast(anew, "1");
    expect(again.lines).toEqual([]);
    await put(a, "k", "2");
    await untilLast(again, "2");
    expect(again.lines).toEqual(["2"]);
    const late = seenBy(await a.watch("k", { after: first }));
    await untilLast(late, "2");
  });

  test("to a key that is absent still, or is no more", async () => {
    const [a, b] = await ringOfFour();
    const none = seenBy(await a.watch("k", { after: absentId }));
    const revision = await put(b, "k", "1");
    await untilLast(none, "1");
    await b.delete("k");
    await untilLast(none, "(absent)");
    expect(none.lines).toEqual(["1", "(absent)"]);
    const gone = seenBy(await a.watch("k", { after: revision }));
    await untilLast(gone, "(absent)");
  });
});

describe("hints", () => {
  test("that are lost delay, and lose nothing", async () => {
    const nodes = await ringOfFour({ watchRenewMs: 100 });
    const { keeps, keepsNot } = placesOf(nodes, "k");
    let lost = 0;
    cluster.intercept = ({ body }) => {
      if (!holds(body, "changed")) return undefined;
      lost++;
      return Promise.resolve({ kind: "unknown", reason: "lost" });
    };
    const seen = seenBy(await keepsNot.watch("k"));
    for (const value of ["1", "2", "3"]) {
      await put(keeps, "k", value);
      await untilLast(seen, value);
    }
    expect(lost).toBeGreaterThan(0);
    expect(seen.lines).toEqual(["(absent)", "1", "2", "3"]);
  });

  test("that come late, or twice, show nothing older", async () => {
    const nodes = await ringOfFour();
    const { keeps, keepsNot } = placesOf(nodes, "k");
    const late: (() => Promise<TransportResult>)[] = [];
    cluster.intercept = ({ body, deliver }) => {
      if (!holds(body, "changed")) return undefined;
      late.push(deliver);
      return deliver();
    };
    const seen = seenBy(await keepsNot.watch("k"));
    for (const value of ["1", "2", "3"]) {
      await put(keeps, "k", value);
      await untilLast(seen, value);
    }
    expect(late.length).toBeGreaterThan(0);
    for (const deliver of late) await deliver();
    await put(keeps, "k", "4");
    await untilLast(seen, "4");
    expect(seen.lines).toEqual(["(absent)", "1", "2", "3", "4"]);
  });

  test("are not missed by a member that does not know them: it reads by the clock", async () => {
    const nodes = await ringOfFour({ watchRenewMs: 100 });
    const { keeps, keepsNot } = placesOf(nodes, "k");
    cluster.intercept = ({ body, deliver }) => {
      const batch = decodeBatch(body);
      const isOldForm = batch?.requests.some(
        (request) => request.kind === "read" && request.watcher !== undefined,
      );
      expect(holds(body, "changed")).toBe(false);
      return isOldForm && batch ? withoutWatchers(batch, deliver) : undefined;
    };
    const seen = seenBy(await keepsNot.watch("k"));
    await put(keeps, "k", "1");
    await untilLast(seen, "1");
  });
});

describe("a watch ends", () => {
  test("when its node shuts down", async () => {
    const [a] = await ringOfFour();
    const seen = seenBy(await a.watch("k"));
    await untilLast(seen, "(absent)");
    await a.drain();
    await untilLast(seen, "(ended)");
    expect(await a.watch("k")).toMatchObject({
      error: { code: "shutting_down" },
    });
  });

  test("when its node leaves the ring, and when it joins another", async () => {
    const [a, , , d] = await ringOfFour();
    await put(a, "k", "1");
    const leaving = seenBy(await d.watch("k"));
    await untilLast(leaving, "1");
    expect(await d.leave()).toMatchObject({ ok: true });
    await untilLast(leaving, "(ended)");
    const joining = seenBy(await d.watch("k"));
    await until(() => joining.lines.length > 0);
    expect(await d.join({ urls: [a.url] })).toMatchObject({ ok: true });
    await untilLast(joining, "(ended)");
    const joined = seenBy(await d.watch("k"));
    await untilLast(joined, "1");
  });

  test("with what its key's read ends with, for good", async () => {
    const [a] = await ringOfFour();
    expect(await a.watch("")).toMatchObject({ error: { code: "invalid_key" } });
  });

  test("and makes room: so many at once, and no more", async () => {
    const [a] = await ringOfFour();
    const opened = await Promise.all(
      Array.from({ length: watchersMax }, () => a.watch("k")),
    );
    expect(opened.every(({ ok }) => ok)).toBe(true);
    expect(await a.watch("other")).toMatchObject({
      error: { code: "overloaded" },
    });
    const [first] = opened;
    if (first?.ok) first.value.close();
    expect(await a.watch("other")).toMatchObject({ ok: true });
  });
});

describe("while members come and go", () => {
  test("every watch sees the last value, and never an older one", async () => {
    const [a, b, c, d] = await ringOfFour({ watchRenewMs: 300 });
    const keys = ["k0", "k1", "k2", "k3"];
    const watched = await Promise.all(
      keys.map(async (key) => ({ seen: seenBy(await b.watch(key)) })),
    );
    let isOver = false;
    const writing = (async () => {
      for (let i = 0; !isOver; i++) {
        // Some have no outcome, as a member dies.
        for (const key of keys) await (i % 2 ? a : b).put(key, encode(`v${i}`));
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    })();
    /** Each shows something that it had not shown before. */
    const shown = async () => {
      const counts = new Map(
        watched.map(({ seen }) => [seen, seen.ids.length]),
      );
      await until(() =>
        watched.every(({ seen }) => seen.ids.length > (counts.get(seen) ?? 0)),
      );
    };
    const e = await cluster.start("e");
    expect(await e.join({ urls: [a.url] })).toMatchObject({ ok: true });
    await shown();
    expect(await c.leave()).toMatchObject({ ok: true });
    await shown();
    cluster.kill("d");
    await shown();
    expect(await a.remove({ name: d.name })).toMatchObject({ ok: true });
    await shown();
    isOver = true;
    await writing;
    for (const key of keys) await put(e, key, "last");
    for (const { seen } of watched) {
      await untilLast(seen, "last");
      const ballots = seen.ids.map((id) => parseBallot(id) ?? ballotZero);
      expect(ballots).toEqual(ballots.toSorted(compareBallots));
      expect(new Set(seen.ids).size).toBe(seen.ids.length);
    }
  });
});

/** Delivers the batch as a node of before watches understands it. */
function withoutWatchers(
  { requests, ...batch }: NonNullable<ReturnType<typeof decodeBatch>>,
  deliver: (body: Uint8Array) => Promise<TransportResult>,
): Promise<TransportResult> {
  const known = requests.map((request) => {
    if (request.kind !== "read") return request;
    const { watcher: _, ...read } = request;
    return read;
  });
  return deliver(encodeBatch({ ...batch, requests: known }));
}
