/** A real node on a memory store behind the app, in this process and without a socket. */
import type { Hono } from "hono";
import type { Settings } from "../../src/core/layout.ts";
import { createApp } from "../../src/http/app.ts";
import type { AppOptions } from "../../src/http/options.ts";
import type { RingNode } from "../../src/node/api.ts";
import { createNode } from "../../src/node/node.ts";
import type { Log } from "../../src/ports.ts";
import { systemClock, systemRandom } from "../../src/runtime/system-ports.ts";
import { openStore } from "../../src/store/open.ts";
import { createFetchTransport } from "../../src/transport/fetch.ts";
import { createLoopback } from "../../src/transport/loopback.ts";
import type { RunningNode } from "../suite/node.ts";

export const quiet: Log = { debug() {}, info() {}, warn() {}, error() {} };

export interface MemoryNode extends RunningNode {
  readonly app: Hono;
  readonly node: RingNode;
}

/** Starts it; nothing ticks, so that only requests change it. */
export async function startMemoryNode({
  founding,
  ...options
}: Partial<Omit<AppOptions, "node" | "log">> & {
  readonly founding?: Partial<Settings>;
} = {}): Promise<MemoryNode> {
  const store = await openStore({ kind: "memory" });
  const loopback = createLoopback();
  const url = "http://memory-node";
  const node = await createNode({
    name: "memory-node",
    url,
    store,
    transport: createFetchTransport({
      ...(options.secret !== undefined && { secret: options.secret }),
      fetch: loopback.fetch,
    }),
    clock: systemClock,
    random: systemRandom,
    // Listings look at every partition: few make the suite fast.
    founding: { partitionCount: 32, ...founding },
    log: quiet,
  });
  const app = createApp({ clock: systemClock, ...options, node, log: quiet });
  return {
    url,
    app,
    node,
    fetch: async (url, init) => app.fetch(new Request(url, init)),
    close: () => store.close(),
  };
}
