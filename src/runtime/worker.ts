/** A node as a Cloudflare Worker, in the memory of one Durable Object: a first step; what lasts comes with its own store. */
import { createApp } from "../http/app.ts";
import { createNode } from "../node/node.ts";
import { memoryDriver } from "../store/memory-driver.ts";
import { createStore } from "../store/store.ts";
import { createFetchTransport } from "../transport/fetch.ts";
import { configureLog, createLog } from "./log.ts";
import { systemClock, systemRandom } from "./system-ports.ts";

interface Environment {
  readonly NODE: {
    getByName(name: string): { fetch(request: Request): Promise<Response> };
  };
  /** The secret of the ring, and where peers reach this node. */
  readonly SECRET: string;
  readonly URL: string;
}

type Answering = (request: Request) => Response | Promise<Response>;

/** An isolate has 128 MB for everything, and an object takes some 1,000 requests a second. */
const room = { requestsMax: 1000, bodyBytesMax: 2 ** 25 };
const load = { clients: room, peers: room };

export class MemoryNode {
  readonly #opened: Promise<Answering>;

  constructor(_: unknown, environment: Environment) {
    this.#opened = open(environment);
  }

  async fetch(request: Request): Promise<Response> {
    const answer = await this.#opened;
    return answer(request);
  }
}

async function open({ SECRET, URL }: Environment): Promise<Answering> {
  configureLog({ level: "info", format: "json", write: () => {} });
  const log = createLog("edge");
  const node = await createNode({
    name: "edge",
    url: URL,
    store: createStore({ driver: memoryDriver() }),
    transport: createFetchTransport({ secret: SECRET }),
    clock: systemClock,
    random: systemRandom,
    founding: { partitionCount: 32 },
    log,
  });
  const app = { node, clock: systemClock, log, secret: SECRET, load };
  return createApp(app).fetch;
}

export default {
  fetch: (request: Request, environment: Environment) =>
    environment.NODE.getByName("node").fetch(request),
};
