/** A node as a Durable Object, with its data in the object's own SQLite: composition only. */

import { fanOutMax, staleReadMsMax } from "../core/limits.ts";
import { createApp } from "../http/app.ts";
import { NodeOptionsError } from "../node/founding.ts";
import { createNode } from "../node/node.ts";
import { createFetchTransport } from "../transport/fetch.ts";
import type { Environment, ObjectState, ObjectStorage } from "./cloudflare.ts";
import { createConsoleLog } from "./console-log.ts";
import {
  type DeploymentParts,
  enterRing,
  siblingFetch,
  wakeSiblings,
} from "./deployment.ts";
import { deliverFlushed } from "./flushed-answer.ts";
import {
  answerOf,
  nodeNameHeader,
  nodeUrlOf,
  type Place,
  workerUrlOf,
} from "./hosted.ts";
import { createObjectLife, type ObjectLife } from "./object-life.ts";
import { openObjectStore } from "./object-store.ts";
import { systemClock, systemRandom } from "./system-ports.ts";
import { type WorkerSettings, workerSettings } from "./worker-settings.ts";

/** An isolate has 128 MB for everything, and an object takes some 1,000 requests a second. */
const room = { requestsMax: 1000, bodyBytesMax: 2 ** 25 };
const bulk = {
  request: { operationsMax: 128, bytesMax: 2 ** 21 },
  node: { operationsMax: 1000, bytesMax: 2 ** 24 },
};
const load = { clients: room, peers: room, bulk };
const watchersMax = 100;
/** The calls that a stream's reads make are its request's: the free plan allows 50, and a read makes two. */
const streams = { lengthMsMax: 60_000, eventsMax: 15 };
const brokenRetryMs = 10 * 60_000;

interface Opened {
  readonly fetch: (request: Request) => Response | Promise<Response>;
  /** False while it waits for its ring: a value that it took now would be in a ring of its own. */
  readonly isInRing: () => boolean;
}

/** The class of every node's object. Its requests come from the Worker, which has named the node in a header. */
export class RingwalkNode {
  readonly #storage: ObjectStorage;
  readonly #environment: Environment;
  readonly #settings: WorkerSettings | string;
  readonly #life: ObjectLife;
  #opening: Promise<Opened> | undefined;

  constructor({ storage }: ObjectState, environment: Environment) {
    this.#storage = storage;
    this.#environment = environment;
    this.#settings = workerSettings(environment);
    this.#life = createObjectLife({
      storage,
      clock: systemClock,
      // What was written to KV, by this life or the one before, is looked at once more when every read must show it.
      ...(environment.KV && { quietMs: 1.5 * staleReadMsMax }),
    });
  }

  async fetch(request: Request): Promise<Response> {
    const settings = this.#settings;
    if (typeof settings === "string") return answerOf(unset(settings));
    const end = this.#life.begin();
    try {
      const name = request.headers.get(nodeNameHeader);
      // The Worker names the node with every request but its own, which come by the clock.
      if (name === null) {
        await this.alarm();
        return new Response(null, { status: 204 });
      }
      const opened = await this.#open(settings, {
        name,
        workerUrl:
          settings.url ??
          placeIn(this.#storage)?.workerUrl ??
          workerUrlOf(request),
      }).catch((error: unknown) => {
        if (error instanceof NodeOptionsError) return error;
        throw error;
      });
      // Nothing was lost and nothing begun: who deployed it has to read why.
      if (opened instanceof NodeOptionsError)
        return answerOf(unset(opened.message));
      return opened.isInRing() || !isAboutKeys(request)
        ? await opened.fetch(request)
        : answerOf(notInRing);
    } finally {
      end();
    }
  }

  async alarm(): Promise<void> {
    const settings = this.#settings;
    const place = placeIn(this.#storage);
    // Without its settings it can do nothing; the next request, or the next life, sets an alarm again.
    if (!place || typeof settings === "string") return;
    // It may have been deployed with another url since it noted its place, and nobody else may ever ask it.
    const workerUrl = settings.url ?? place.workerUrl;
    try {
      await this.#open(settings, { ...place, workerUrl });
      this.#life.alarm();
    } catch (error) {
      // Whatever is wrong takes an operator, or time.
      createConsoleLog(place.name, settings.logLevel).error(
        "an alarm could do nothing; the next one comes in ten minutes, unless a request opens the node before",
        { error: String(error) },
      );
      await this.#storage.setAlarm(systemClock.now() + brokenRetryMs);
    }
  }

  #open(settings: WorkerSettings, place: Place): Promise<Opened> {
    if (this.#opening) return this.#opening;
    const log = createConsoleLog(place.name, settings.logLevel);
    const opening = open({
      settings,
      place,
      storage: this.#storage,
      environment: this.#environment,
      life: this.#life,
      log,
    });
    this.#opening = opening;
    opening.catch((error: unknown) => {
      this.#opening = undefined;
      log.error("the node cannot be opened", { error: String(error) });
    });
    return opening;
  }
}

const placeKey = "place";

function placeIn({ kv }: Pick<ObjectStorage, "kv">): Place | undefined {
  return kv.get(placeKey) as Place | undefined;
}

/** The problem of a Worker that is configured wrongly; `message` tells whoever deploys it what to set. */
export function unset(message: string) {
  return { code: "not_configured", message } as const;
}

const notInRing = {
  code: "not_a_member",
  message:
    "This node has not joined its ring yet, and serves its keys when it has; see GET /dht/status.",
} as const;

function isAboutKeys({ url }: Request): boolean {
  return /^\/(?:db|unstorage|ready)(?:[/?#]|$)/.test(
    url.slice(url.indexOf("/", 8)),
  );
}

interface OpenParts extends DeploymentParts {
  readonly storage: ObjectStorage;
  readonly life: ObjectLife;
}

async function open(parts: OpenParts): Promise<Opened> {
  const { settings, place, storage, environment, life, log } = parts;
  const { name, workerUrl } = place;
  checkValues(parts);
  const known = placeIn(storage);
  if (known?.name !== name || known.workerUrl !== workerUrl)
    storage.kv.put(placeKey, place);
  const node = await createNode({
    name,
    url: nodeUrlOf(settings, place),
    ...(settings.zone !== undefined && { zone: settings.zone }),
    ...(settings.weight !== undefined && { weight: settings.weight }),
    founding: environment.KV
      ? { ...settings.founding, consistency: "eventual" }
      : settings.founding,
    store: openObjectStore({
      storage,
      life,
      clock: systemClock,
      kv: environment.KV,
      name,
    }),
    transport: createFetchTransport({
      ...(settings.secret !== undefined && { secret: settings.secret }),
      callsMax: fanOutMax,
      fetch: siblingFetch(parts),
    }),
    clock: systemClock,
    random: systemRandom,
    log,
    watchersMax,
    ...(life.atRest && { atRest: life.atRest }),
  });
  const app = createApp({
    node,
    clock: systemClock,
    log,
    load,
    streams,
    secret: settings.secret,
    secretAlso: settings.secretAlso,
    adminToken: settings.adminToken,
    insecure: settings.insecure,
    corsOrigins: settings.corsOrigins,
    missingStatus: settings.missingStatus,
    deliver: deliverFlushed(() => storage.sync()),
  });
  if (storage.kv.get(valuesKey) === undefined)
    storage.kv.put(valuesKey, environment.KV ? "kv" : "object");
  life.drive(node, log);
  const isInRing = enterRing(parts, node);
  wakeSiblings(parts);
  return { isInRing, fetch: (request) => app.fetch(request) };
}

const valuesKey = "values";

/** Where a node's values are is decided once: looked for elsewhere, all of them would be absent. Throws. */
function checkValues({
  storage,
  environment,
}: Pick<OpenParts, "storage" | "environment">): void {
  const values = storage.kv.get(valuesKey);
  if (values === "kv" && !environment.KV)
    throw new NodeOptionsError(
      "The values of this node are in Workers KV, and this deployment has no binding KV: give it the namespace again in wrangler.toml, and deploy.",
    );
  if (values === "object" && environment.KV)
    throw new NodeOptionsError(
      "The values of this node are in its object, and this deployment binds a KV namespace: take the binding KV out of wrangler.toml and deploy, or give the node another name, under which it begins anew.",
    );
}
