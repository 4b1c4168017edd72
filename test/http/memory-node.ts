/** A real node on a memory store behind the app, in this process and without a socket. */
import type { Settings } from "../../src/core/layout.ts";
import { createApp } from "../../src/http/app.ts";
import type { AppOptions } from "../../src/http/options.ts";
import { createNode } from "../../src/node/node.ts";
import type { Log } from "../../src/ports.ts";
import { systemClock, systemRandom } from "../../src/runtime/system-ports.ts";
import { openStore } from "../../src/store/open.ts";
import { createFetchTransport } from "../../src/transport/fetch.ts";
import { createLoopback } from "../../src/transport/loopback.ts";
import type { RunningNode } from "../suite/node.ts";

export const quiet: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** Starts it; nothing ticks, so that only requests change it. */
export async function startMemoryNode({
  founding,
  ...options
}: Pick<AppOptions, "secret" | "missingStatus"> & {
  readonly founding?: Partial<Settings>;
} = {}): Promise<RunningNode> {
  const store = await openStore({ kind: "memory" });
  const loopback = createLoopback();
  const url = "http://memory-node";
  const node = await createNode({
    name: "memory-node",
    url,
    store,
    transport: createFetchTransport({ ...options, fetch: loopback.fetch }),
    clock: systemClock,
    random: systemRandom,
    // Listings look at every partition: few make the suite fast.
    founding: { partitionCount: 32, ...founding },
    log: quiet,
  });
  const app = createApp({ ...options, node, clock: systemClock, log: quiet });
  return {
    url,
    fetch: async (url, init) => app.fetch(new Request(url, init)),
    close: () => store.close(),
  };
}
