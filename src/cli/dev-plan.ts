/** Which nodes `ringwalk dev` starts, and which of them found or join a ring. */
import { existsSync } from "node:fs";
import { join } from "node:path";

/** The flags of `ringwalk dev` with their defaults; `store` and `replicas` are checked by the nodes that get them. */
export interface DevOptions {
  readonly nodeCount: number;
  /** The first node's port; the others follow. */
  readonly port: number;
  /** The folder with a folder for each node. */
  readonly data: string;
  readonly store: string;
  readonly replicas: string | undefined;
  readonly logLevel: string;
}

/** What it takes to start one of them. */
interface DevNodePlan {
  readonly name: string;
  readonly url: string;
  /** For `ringwalk serve`. */
  readonly args: readonly string[];
}

/**
 * Nodes with data find their ring again by themselves. Without any, the first one founds it; a node without data joins
 * those that have some, in the place of its former self if it lost it.
 */
export function planDevNodes(options: DevOptions): readonly DevNodePlan[] {
  const nodes = Array.from({ length: options.nodeCount }, (_, index) => {
    const port = options.port + index;
    const name = `node-${port}`;
    const data = join(options.data, name);
    const hasData = options.store !== "memory" && existsSync(data);
    return { name, port, data, hasData, url: `http://127.0.0.1:${port}` };
  });
  const withData = nodes.filter(({ hasData }) => hasData);
  const hosts = withData.length > 0 ? withData : nodes.slice(0, 1);
  return nodes.map(({ name, port, data, url, hasData }) => {
    const isFirst = url === hosts[0]?.url;
    const joined = isFirst ? [] : hosts.filter((host) => host.url !== url);
    const hasLostData = !hasData && withData.length > 0;
    const args = [
      ...["--name", name],
      ...["--port", String(port)],
      ...["--data", data],
      ...["--store", options.store],
      ...["--log-level", options.logLevel],
      ...(options.replicas ? ["--replicas", options.replicas] : []),
      ...joined.flatMap((host) => ["--join", host.url]),
      ...(hasLostData ? ["--replace"] : []),
    ];
    return { name, url, args };
  });
}
