/** A node as a server, on any runtime: the store, the node, the app and its ticks, opened and closed in order. */
import type { Hono } from "hono";
import type { Settings } from "../core/layout.ts";
import type { Deliver } from "../http/answer.ts";
import { createApp } from "../http/app.ts";
import type { RingNode, Timing } from "../node/api.ts";
import { createNode } from "../node/node.ts";
import type { Clock, Log, Store, Transport } from "../ports.ts";
import { createFetchTransport } from "../transport/fetch.ts";
import { diskFreeBytes } from "./disk-space.ts";
import {
  checkListenOptions,
  isGuarded,
  normalUrl,
  urlOf,
} from "./listen-policy.ts";
import { createLog } from "./log.ts";
import { addProcessGauges } from "./process-gauges.ts";
import { createStoppableClock, systemRandom } from "./system-ports.ts";
import { startTickLoop } from "./tick-loop.ts";

/** A node as whoever starts it wants it; only its name, its port and its store have to be given. */
export interface ServerOptions {
  readonly name: string;
  /** 127.0.0.1 unless given. */
  readonly host?: string;
  /** 0: the system chooses one. */
  readonly port: number;
  /** Where other members reach this node; `http://HOST:PORT` unless given. */
  readonly url?: string;
  /** What fails together with it, such as a rack; absent: it fails on its own. */
  readonly zone?: string;
  /** Its share of the data relative to others; 1 unless given. */
  readonly weight?: number;
  /** What it founds a ring with, should it have to; defaults for what is left out. */
  readonly founding?: Partial<Settings>;
  /** Opens the node's store, once the port is this node's; the server closes it. */
  readonly openStore: () => Promise<Store>;
  /** Where that store keeps its data, so that the node can tell how much room is left; absent: nobody knows. */
  readonly dataFolder?: string;
  /** How peers are called; by `fetch` with the secret unless given. */
  readonly transport?: Transport;
  /** The ring's secret; it or an admin token is needed to listen beyond loopback. */
  readonly secret?: string;
  /** A second one that is accepted, for the time of a rotation. */
  readonly secretAlso?: string;
  /** Opens everything to its bearer, for whoever makes the first client tokens. */
  readonly adminToken?: string;
  /** Listen beyond loopback without them, or with a secret for members alone: keys are for whoever reaches the node. */
  readonly insecure?: boolean;
  /** Origins of pages that may use the node; none unless given. */
  readonly corsOrigins?: readonly string[];
  /** The HTTP status for a missing key; 404 unless given. */
  readonly missingStatus?: 404 | 200;
  /** LogTape's unless given, which is silent until `configureLog` was called. */
  readonly log?: Log;
  readonly timing?: Partial<Timing>;
}

/** A node that listens and serves. Who started it has to close it. */
export interface RunningServer {
  /** Where other members reach it. */
  readonly url: string;
  /** The one it listens on, also when the system chose it. */
  readonly port: number;
  readonly node: RingNode;
  readonly app: Hono;
  /** Drains the node, ends the answers under way, and closes the store. It does not leave the ring. */
  close(): Promise<void>;
}

/** Answers a request; `env` is what `HttpServer.deliver` needs to know of it. */
export type Fetch = (
  request: Request,
  env?: object,
) => Response | Promise<Response>;

/** What a runtime brings: its HTTP server, which listens already. */
interface HttpServer {
  /** The one it listens on, also when the system chose it. */
  readonly port: number;
  readonly deliver: Deliver;
  /** See `AppOptions`. */
  readonly isHalfDuplex?: boolean;
  /** Has every answer from now on say that its connection ends. */
  sayFarewell(): void;
  /** Takes no new connections, and resolves when every answer under way has ended and nothing is open. */
  close(): Promise<void>;
  /** Ends what is open at once; `close` then resolves. */
  cut(): void;
}

/** Listens and answers by `fetch`. Rejects with a `StartError`. */
export type Listen = (
  where: { readonly host: string; readonly port: number },
  fetch: Fetch,
) => Promise<HttpServer>;

/**
 * How long a closing server still takes requests that are on their way over idle connections: more than a round trip.
 * One that meets a connection just closed has no answer, and its sender cannot know what became of it.
 */
const farewellMs = 100;
/** How long answers under way may take once the server closes; then their connections are cut. */
const closeTimeoutMs = 3_000;

/**
 * Starts a node behind the server that `listen` brings. Rejects with a `StartError`, with the store's `StoreError`, or
 * with the node's own error; then nothing is left open.
 */
export async function startServerOn(
  listen: Listen,
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
  const server = await listen({ host, port: options.port }, (request, env) =>
    app
      ? app.fetch(request, env)
      : opened.then((ready) => ready.fetch(request, env)),
  );
  const { port, deliver, isHalfDuplex = false } = server;
  const url = options.url ? normalUrl(options.url) : urlOf(host, port);
  const clock = createStoppableClock();

  let store: Store | undefined;
  try {
    store = await openStore();
    const node = await openNode(options, { url, store, log, clock });
    addProcessGauges(node.metrics);
    const { dataFolder } = options;
    const isLocal = !isGuarded(options) && !options.insecure;
    app = createApp({
      ...options,
      node,
      clock,
      log,
      deliver,
      isHalfDuplex,
      ...(isLocal && { localUrl: url }),
      ...(dataFolder !== undefined && {
        diskFreeBytes: () => diskFreeBytes(dataFolder),
      }),
    });
    open(app);
    const ticks = startTickLoop({ node, clock, log });
    log.info("listening", { url });
    const close = once(async () => {
      server.sayFarewell();
      await Promise.all([ticks.stop(), node.drain(), sleep(farewellMs)]);
      await closeInTime(server);
      clock.stop();
      await store?.close();
      log.info("closed");
    });
    return { url, port, node, app, close };
  } catch (error) {
    server.cut();
    await server.close();
    clock.stop();
    await store?.close();
    throw error;
  }
}

function openNode(
  { name, zone, weight, founding, timing, transport, secret }: ServerOptions,
  ports: {
    readonly url: string;
    readonly store: Store;
    readonly log: Log;
    readonly clock: Clock;
  },
): Promise<RingNode> {
  return createNode({
    name,
    ...(zone !== undefined && { zone }),
    ...(weight !== undefined && { weight }),
    ...(founding && { founding }),
    ...(timing && { timing }),
    ...ports,
    transport: transport ?? createFetchTransport({ secret }),
    random: systemRandom,
  });
}

async function closeInTime(server: HttpServer): Promise<void> {
  const cut = setTimeout(() => server.cut(), closeTimeoutMs);
  await server.close();
  clearTimeout(cut);
}

function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

/** Calls `run` at most once; later calls get the first one's promise. */
function once<T>(run: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= run();
    return result;
  };
}
