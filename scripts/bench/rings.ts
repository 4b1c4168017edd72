/** Rings and clusters of three for the bench: ours, and etcd's. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, type Server, startServer } from "./process.ts";

const main = join(import.meta.dirname, "../../src/cli/main.ts");

/** Runs the project's command line. */
function serve(options: {
  readonly port: number;
  readonly folder: string;
  readonly replicas: number;
  readonly store: string;
  readonly join?: string;
  readonly secret?: string | undefined;
}): Promise<Server> {
  const url = `http://127.0.0.1:${options.port}`;
  return startServer({
    command: process.execPath,
    args: [
      main,
      "serve",
      "--port",
      String(options.port),
      "--name",
      `node-${options.port}`,
      "--data",
      join(options.folder, String(options.port)),
      "--store",
      options.store,
      "--replicas",
      String(options.replicas),
      ...(options.join === undefined ? [] : ["--join", options.join]),
    ],
    url: `${url}/dht/status`,
    env: {
      RINGWALK_LOG_LEVEL: "error",
      ...(options.secret !== undefined && { RINGWALK_SECRET: options.secret }),
    },
  }).then((server) => ({ ...server, url }));
}

export interface Ring {
  readonly nodes: Server[];
  /** Starts one more node that joins; resolves when the ring is stable again. */
  add(): Promise<{ readonly node: Server; readonly joinMs: number }>;
  /** Starts a node again after it was stopped, on its own data. */
  restart(node: Server): Promise<Server>;
  stop(): Promise<void>;
}

export async function startRing(options: {
  readonly count: number;
  readonly replicas: number;
  readonly store?: string;
  /** With it, clients need a token. */
  readonly secret?: string;
}): Promise<Ring> {
  const folder = mkdtempSync(join(tmpdir(), "ringwalk-bench-ring-"));
  const { replicas, store = "sqlite", secret } = options;
  const nodes: Server[] = [];
  const ring: Ring = {
    nodes,
    async add() {
      const port = await freePort();
      const first = nodes[0]?.url;
      const node = await serve({ port, folder, replicas, store, secret });
      nodes.push(node);
      const startedAt = performance.now();
      if (first !== undefined) await joinRing(node.url, first, secret);
      return { node, joinMs: performance.now() - startedAt };
    },
    async restart(node) {
      const port = Number(new URL(node.url).port);
      const again = await serve({ port, folder, replicas, store, secret });
      nodes[nodes.indexOf(node)] = again;
      return again;
    },
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()));
    },
  };
  for (let index = 0; index < options.count; index++) await ring.add();
  return ring;
}

async function joinRing(
  url: string,
  first: string,
  secret?: string,
): Promise<void> {
  const answer = await fetch(`${url}/dht/join`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(secret !== undefined && { authorization: `Bearer ${secret}` }),
    },
    body: JSON.stringify({ urls: [first] }),
  });
  if (!answer.ok) throw new Error(`join: ${await answer.text()}`);
}

/** A cluster of three etcd members (Debian's `etcd-server`), spoken to through its HTTP gateway. */
export async function startEtcd(): Promise<Server[]> {
  const folder = mkdtempSync(join(tmpdir(), "ringwalk-bench-etcd-"));
  const members = await Promise.all(
    ["a", "b", "c"].map(async (name) => ({
      name,
      client: `http://127.0.0.1:${await freePort()}`,
      peer: `http://127.0.0.1:${await freePort()}`,
    })),
  );
  const cluster = members.map(({ name, peer }) => `${name}=${peer}`).join(",");
  return Promise.all(
    members.map(async ({ name, client, peer }) => {
      const server = await startServer({
        command: "etcd",
        args: [
          "--name",
          name,
          "--data-dir",
          join(folder, name),
          "--listen-client-urls",
          client,
          "--advertise-client-urls",
          client,
          "--listen-peer-urls",
          peer,
          "--initial-advertise-peer-urls",
          peer,
          "--initial-cluster",
          cluster,
          "--log-level",
          "error",
        ],
        url: `${client}/health`,
      });
      return { ...server, url: client };
    }),
  );
}
