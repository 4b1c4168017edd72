/** A node as a Node.js server: composition only. */
import type { Hono } from "hono";
import type { Settings } from "../core/layout.ts";
import { createApp } from "../http/app.ts";
import type { RingNode, Timing } from "../node/api.ts";
import { createNode } from "../node/node.ts";
import type { Log, Store, Transport } from "../ports.ts";
import { createFetchTransport } from "../transport/fetch.ts";
import { checkListenOptions, normalUrl, urlOf } from "./listen-policy.ts";
import { createLog } from "./log.ts";
import { deliverToNodejs } from "./nodejs-answer.ts";
import {
  closeServer,
  createNodejsServer,
  listen,
  sayFarewell,
} from "./nodejs-server.ts";
import { systemClock, systemRandom } from "./system-ports.ts";
import { startTickLoop } from "./tick-loop.ts";

export interface ServerOptions {
  readonly name: string;
  /** 127.0.0.1 unless given. */
  readonly host?: string;
  /** 0: the system chooses one. */
  readonly port: number;
  /** Where other members reach this node; `http://HOST:PORT` unless given. */
  readonly url?: string;
  readonly zone?: string;
  readonly weight?: number;
  readonly founding?: Partial<Settings>;
  /** Opens the node's store, once the port is this node's; the server closes it. */
  readonly openStore: () => Promise<Store>;
  /** How peers are called; by `fetch` with the secret unless given. */
  readonly transport?: Transport;
  /** The ring's secret; needed to listen beyond loopback. */
  readonly secret?: string;
  /** Listen beyond loopback without a secret. */
  readonly insecure?: boolean;
  readonly missingStatus?: 404 | 200;
  readonly log?: Log;
  readonly timing?: Partial<Timing>;
}

export interface RunningServer {
  readonly url: string;
  readonly port: number;
  readonly node: RingNode;
  readonly app: Hono;
  /** Drains the node, ends the answers under way, and closes the store. It does not leave the ring. */
  close(): Promise<void>;
}

/**
 * Starts a node. Rejects with a `StartError`, with the store's `StoreError`, or with the node's own error; then nothing
 * is left open.
 */
export async function startServer(
  options: ServerOptions,
): Promise<RunningServer> {
  const {
    host = "127.0.0.1",
    openStore,
    log = createLog(options.name),
  } = options;
  checkListenOptions({ ...options, host });

  // The port comes first, because it may be part of the url; requests wait until there is an app to answer them.
  const { promise: opened, resolve: open } = Promise.withResolvers<Hono>();
  let app: Hono | undefined;
  const server = createNodejsServer((request, env) =>
    app
      ? app.fetch(request, env)
      : opened.then((ready) => ready.fetch(request, env)),
  );
  const port = await listen(server, { host, port: options.port });
  const url = options.url ? normalUrl(options.url) : urlOf(host, port);

  let store: Store | undefined;
  try {
    store = await openStore();
    const node = await openNode(options, { url, store, log });
    app = createApp({
      ...options,
      node,
      clock: systemClock,
      log,
      deliver: deliverToNodejs,
    });
    open(app);
    const ticks = startTickLoop({ node, clock: systemClock, log });
    log.info("listening", { url });
    const close = once(async () => {
      await Promise.all([ticks.stop(), node.drain(), sayFarewell(server)]);
      await closeServer(server);
      await store?.close();
      log.info("closed");
    });
    return { url, port, node, app, close };
  } catch (error) {
    server.closeAllConnections();
    await closeServer(server);
    await store?.close();
    throw error;
  }
}

function openNode(
  { name, zone, weight, founding, timing, transport, secret }: ServerOptions,
  ports: { readonly url: string; readonly store: Store; readonly log: Log },
): Promise<RingNode> {
  return createNode({
    name,
    ...(zone !== undefined && { zone }),
    ...(weight !== undefined && { weight }),
    ...(founding && { founding }),
    ...(timing && { timing }),
    ...ports,
    transport: transport ?? createFetchTransport({ secret }),
    clock: systemClock,
    random: systemRandom,
  });
}

/** Calls `run` at most once; later calls get the first one's promise. */
function once<T>(run: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= run();
    return result;
  };
}
