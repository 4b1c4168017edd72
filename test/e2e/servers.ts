/** Nodes inside the test's own process, for the cells of a matrix that need no processes of their own. */
import { join } from "node:path";
import { startServer } from "../../src/runtime/nodejs.ts";
import { openStore } from "../../src/store/open.ts";
import { quiet } from "../http/memory-node.ts";
import type { NodeOptions, Reachable } from "./nodes.ts";

export interface Servers {
  start(name: string): Promise<Reachable>;
  end(): Promise<void>;
}

/** Nodes whose data are under `folder`; the caller ends them. */
export function serversIn(folder: string, options: NodeOptions): Servers {
  const { store = "sqlite", replicas, partitions, missingStatus } = options;
  const running: { close(): Promise<void> }[] = [];
  return {
    async start(name) {
      const server = await startServer({
        name,
        port: 0,
        founding: {
          ...(replicas !== undefined && { replicaCount: replicas }),
          ...(partitions !== undefined && { partitionCount: partitions }),
        },
        ...(missingStatus !== undefined && { missingStatus }),
        openStore: () => openStore({ kind: store, folder: join(folder, name) }),
        log: quiet,
      });
      running.push(server);
      return { name, url: server.url };
    },
    async end() {
      await Promise.all(running.map((server) => server.close()));
    },
  };
}
