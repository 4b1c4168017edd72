/** Nodes in workerd, each a Miniflare of its own: started, evicted, killed and restarted, with a network between them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { expect } from "vitest";
import { authorization, secret } from "../../scripts/chaos/secret.ts";
import { freePort } from "../../scripts/dev/free-port.ts";
import type { ObjectCounts, ObjectView } from "./test-worker.ts";
import { bundle } from "./worker-bundle.ts";

// Of the clients of checked loads, too.
export { secret };

/** Answers a node's call in the network's place; what it gives nothing for goes on as usual. */
export type Intercept = (call: {
  readonly from: string;
  readonly to: string;
  /** Sends it on its way. */
  readonly deliver: () => Promise<Response>;
}) => Promise<Response | undefined> | Response | undefined;

export interface EdgeNodeOptions {
  readonly name: string;
  /** Further variables of the Worker. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly intercept?: Intercept;
  /** Whether its values are in Workers KV. */
  readonly hasKv?: boolean;
}

export interface EdgeNode {
  readonly name: string;
  readonly url: string;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** Takes its memory away, whatever it is doing. */
  evict(): Promise<void>;
  counts(): Promise<ObjectCounts>;
  view(): Promise<ObjectView>;
  /** Has its disk take what it is given, and flush none of it until `flush`. */
  holdFlushes(): Promise<void>;
  flush(): Promise<void>;
  /** Has its cron trigger strike. */
  strikeCron(): Promise<void>;
  /** Ends workerd; the data stays. */
  stop(): Promise<void>;
  /** Starts workerd again, on the same port and data. */
  start(): Promise<void>;
}

export interface EdgeNodes {
  start(options: EdgeNodeOptions): Promise<EdgeNode>;
  /** Ends all of them, and deletes their data. */
  close(): Promise<void>;
}

const entry = new URL("./test-worker.ts", import.meta.url);

export function createEdgeNodes(): EdgeNodes {
  const folder = mkdtempSync(join(tmpdir(), "ringwalk-edge-"));
  const nodes: EdgeNode[] = [];
  const nameAt = (url: string) =>
    nodes.find((node) => url.startsWith(`${node.url}/`))?.name ?? url;
  let script: Promise<string> | undefined;
  return {
    async start(options) {
      script ??= bundle(entry);
      const node = createEdgeNode(options, {
        script: await script,
        port: await freePort(),
        nameAt,
        persistTo: join(folder, options.name),
      });
      nodes.push(node);
      await node.start();
      return node;
    },
    async close() {
      await Promise.all(nodes.map((node) => node.stop()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function createEdgeNode(
  { name, variables = {}, intercept, hasKv = false }: EdgeNodeOptions,
  place: {
    readonly script: string;
    readonly port: number;
    readonly persistTo: string;
    readonly nameAt: (url: string) => string;
  },
): EdgeNode {
  const url = `http://127.0.0.1:${place.port}`;
  let miniflare: Miniflare | undefined;

  /** Every call that the Worker makes. */
  async function outbound(request: Request): Promise<Response> {
    const { url: target, method } = request;
    const headers = Object.fromEntries(request.headers);
    const body = await request.arrayBuffer();
    const deliver = () =>
      fetch(target, { method, headers, body, redirect: "manual" });
    const to = place.nameAt(target);
    return (await intercept?.({ from: name, to, deliver })) ?? deliver();
  }

  const call = (path: string, init?: RequestInit) =>
    fetch(url + path, {
      ...init,
      headers: { authorization, ...init?.headers },
    });
  const tell = async (path: string) => {
    await (await call(path)).arrayBuffer();
  };
  const told = async <T>(path: string) =>
    (await (await call(path)).json()) as T;
  return {
    name,
    url,
    fetch: call,
    evict: () => tell("/test/evict"),
    counts: () => told("/test/counts"),
    view: () => told("/test/view"),
    holdFlushes: () => tell("/test/hold-flushes"),
    flush: () => tell("/test/flush"),
    async strikeCron() {
      const worker = (await miniflare?.getWorker()) as unknown as {
        scheduled(): Promise<unknown>;
      };
      expect(await worker.scheduled()).toMatchObject({ outcome: "ok" });
    },
    async start() {
      miniflare = new Miniflare({
        ...convertV4MiniflareOptions({
          modules: true,
          script: place.script,
          compatibilityDate: "2026-07-01",
          host: "127.0.0.1",
          port: place.port,
          bindings: {
            SECRET: secret,
            PARTITIONS: "32",
            NODE_NAME: name,
            URL: url,
            LOG_LEVEL: "error",
            ...variables,
          },
          durableObjects: {
            NODE: { className: "TestNode", useSQLite: true },
          },
          ...(hasKv && { kvNamespaces: ["KV"] }),
          outboundService: outbound as never,
        }),
        resourcePersistencePath: place.persistTo,
      } as ConstructorParameters<typeof Miniflare>[0]);
      await miniflare.ready;
    },
    async stop() {
      const running = miniflare;
      miniflare = undefined;
      await running?.dispose();
    },
  };
}
