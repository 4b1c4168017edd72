/** Nodes inside the test's own process, for commands to talk to. */
import { onTestFinished } from "vitest";
import { startServer } from "../../src/runtime/nodejs.ts";
import type { RunningServer, ServerOptions } from "../../src/runtime/server.ts";
import { openStore } from "../../src/store/open.ts";

/** A node that keeps its data in memory, on a port that the system chooses; closed with the test. */
export async function startMemoryNode(
  options: Partial<ServerOptions> & { readonly name: string },
): Promise<RunningServer> {
  const server = await startServer({
    port: 0,
    // Few, so that joins take little of a busy machine.
    founding: { partitionCount: 16 },
    openStore: () => openStore({ kind: "memory" }),
    ...options,
  });
  onTestFinished(() => server.close());
  return server;
}

/** Two nodes that form a ring; with a third, a majority is left when one is lost. */
export async function startMemoryRing(
  names: readonly [string, string],
): Promise<readonly [RunningServer, RunningServer]> {
  const first = await startMemoryNode({ name: names[0] });
  const second = await startMemoryNode({ name: names[1] });
  const joined = await second.node.join({ urls: [first.url] });
  if (!joined.ok) throw new Error(joined.error.message);
  return [first, second];
}
