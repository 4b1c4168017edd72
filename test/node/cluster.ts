/** A ring of real nodes in one process: memory stores, a loopback network with switches, and ticks driven at once. */
import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import { encodeGreeting } from "../../src/core/greeting-codec.ts";
import type { Settings } from "../../src/core/layout.ts";
import type { NodeOptions, RingNode, Timing } from "../../src/node/api.ts";
import { createNode } from "../../src/node/node.ts";
import type {
  Clock,
  Log,
  Random,
  Store,
  Transport,
  TransportResult,
} from "../../src/ports.ts";
import { createPrng } from "../../src/sim/prng.ts";
import { openStore } from "../../src/store/open.ts";
import { transportResultOf } from "../../src/transport/peer-result.ts";

export const systemClock: Clock = {
  now: () => Date.now(),
  timer(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

export const systemRandom: Random = {
  bytes: (count) => new Uint8Array(randomBytes(count)),
  fraction: () => Math.random(),
};

/** How many clusters a test has made. */
const clusterCounts = new Map<string, number>();

/**
 * Chance for the nodes of one cluster. Their ids come of the test's name and their own, so that each run of a test has
 * the same layouts: which member holds which key is then no matter of luck, and two clusters never share an id.
 */
function createNodeRandom(): (name: string) => Random {
  const test = expect.getState().currentTestName ?? "";
  const cluster = (clusterCounts.get(test) ?? 0) + 1;
  clusterCounts.set(test, cluster);
  let starts = 0;
  return (name) => {
    starts += 1;
    const { bytes } = createPrng(`${test}/${cluster}/${starts}/${name}`);
    // Fractions are jitter: drawn as often as time will have it, they must not move the ids.
    return { bytes, fraction: systemRandom.fraction };
  };
}

const quiet: Log = { debug() {}, info() {}, warn() {}, error() {} };

const loud: Log = {
  debug: (message, fields) => console.log("debug", message, fields),
  info: (message, fields) => console.log("info", message, fields),
  warn: (message, fields) => console.log("warn", message, fields),
  error: (message, fields) => console.log("error", message, fields),
};

export interface ClusterNode extends RingNode {
  readonly name: string;
  readonly url: string;
  readonly store: Store;
}

/** A message on its way. */
export interface Call {
  readonly from: string;
  readonly to: string;
  readonly body: Uint8Array;
  /** Delivers it, or what is given in its place. */
  deliver(changed?: Uint8Array): Promise<TransportResult>;
}

export interface Cluster {
  readonly nodes: ClusterNode[];
  start(
    name: string,
    options?: {
      store?: Store;
      founding?: Partial<Settings>;
      /** Whether the node's ticks are driven; they are unless told otherwise. */
      hasTicks?: boolean;
      /** What this node hears from any node that it greets, instead of that node's own greeting. */
      hello?: () => Uint8Array;
      /** Where and as what it starts; `http://NAME` unless told otherwise. */
      place?: Pick<NodeOptions, "zone" | "weight"> & { url?: string };
    },
  ): Promise<ClusterNode>;
  /** Whether messages from one name to another arrive; all do at first. */
  connects: (from: string, to: string) => boolean;
  /** Takes a message into its own hands; what it gives nothing for goes on as usual. */
  intercept: (call: Call) => Promise<TransportResult> | undefined;
  /** Ends the node at once: it answers nothing and ticks no more. */
  kill(name: string): void;
  close(): void;
}

export function createCluster(
  options: {
    timing?: Partial<Timing>;
    founding?: Partial<Settings>;
    isLoud?: boolean;
    /** Where all nodes log to; nowhere unless told otherwise. */
    log?: Log;
  } = {},
): Cluster {
  const byUrl = new Map<string, { node: RingNode; name: string }>();
  const stops = new Map<string, () => void>();
  const randomOf = createNodeRandom();

  function transportFrom(name: string, hello?: () => Uint8Array): Transport {
    const reach = async (
      url: string,
      work: (node: RingNode) => Promise<TransportResult>,
    ): Promise<TransportResult> => {
      const target = byUrl.get(url);
      if (!target || !cluster.connects(name, target.name))
        return { kind: "not-sent", reason: "refused" };
      const result = await work(target.node);
      return cluster.connects(target.name, name)
        ? result
        : { kind: "unknown", reason: "lost" };
    };
    return {
      call: (url, body) => {
        const deliver = (changed = body) =>
          reach(url, async (node) =>
            transportResultOf(await node.handlePeer(changed)),
          );
        const to = byUrl.get(url)?.name ?? url;
        const call = { from: name, to, body, deliver };
        return cluster.intercept(call) ?? deliver();
      },
      hello: (url) =>
        reach(url, async (node) => ({
          kind: "answer",
          body: hello?.() ?? encodeGreeting(node.greeting()),
        })),
    };
  }

  const cluster: Cluster = {
    nodes: [],
    connects: () => true,
    intercept: () => undefined,
    async start(name, start = {}) {
      const { url = `http://${name}`, ...place } = start.place ?? {};
      const store = start.store ?? (await openStore({ kind: "memory" }));
      const node = await createNode({
        ...place,
        name,
        url,
        store,
        transport: transportFrom(name, start.hello),
        clock: systemClock,
        random: randomOf(name),
        log: options.isLoud ? loud : (options.log ?? quiet),
        founding: {
          partitionCount: 32,
          ...options.founding,
          ...start.founding,
        },
        ...(options.timing && { timing: options.timing }),
      });
      byUrl.set(url, { node, name });
      stops.get(name)?.();
      if (start.hasTicks ?? true) stops.set(name, runTicks(node));
      const clusterNode: ClusterNode = { ...node, name, url, store };
      cluster.nodes.push(clusterNode);
      return clusterNode;
    },
    kill(name) {
      for (const [url, node] of byUrl)
        if (node.name === name) byUrl.delete(url);
      stops.get(name)?.();
      cluster.nodes.splice(
        cluster.nodes.findIndex((node) => node.name === name),
        1,
      );
    },
    close() {
      for (const stop of stops.values()) stop();
    },
  };
  return cluster;
}

/** Ticks whenever a tick is due; the returned function ends it. */
function runTicks(node: RingNode): () => void {
  let isStopped = false;
  let cancel: () => void = () => {};
  async function run(): Promise<void> {
    cancel();
    if (isStopped) return;
    const { nextTickAt } = await node.tick();
    cancel();
    if (isStopped || nextTickAt === undefined) return;
    cancel = systemClock.timer(Math.max(0, nextTickAt - Date.now()), run);
  }
  node.onWake(() => {
    cancel();
    if (!isStopped) cancel = systemClock.timer(0, run);
  });
  cancel = systemClock.timer(0, run);
  return () => {
    isStopped = true;
    cancel();
  };
}
