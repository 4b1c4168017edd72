/** The Worker as it is deployed, whose objects can be watched and evicted by a test, at paths under `/test/`. */

import { decodeState, nodeBucket, stateKey } from "../../src/node/state.ts";
import type {
  Environment,
  KvNamespace,
  ObjectState,
} from "../../src/runtime/cloudflare.ts";
import { RingwalkNode } from "../../src/runtime/durable-object.ts";
import { durableObjectDriver } from "../../src/store/durable-object-driver.ts";
import { createStore } from "../../src/store/store.ts";

export { default } from "../../src/runtime/worker.ts";

/** What an object has done that the platform bills, since its isolate began; evictions do not reset it. */
export interface ObjectCounts {
  requests: number;
  alarms: number;
  /** How often its memory was built anew. */
  lives: number;
  rowsRead: number;
  rowsWritten: number;
  /** Calls through the network. */
  calls: number;
  kvReads: number;
  kvWrites: number;
  kvLists: number;
}

/** What is on an object's disk, told without waking the node. */
export interface ObjectView {
  readonly epoch: number | undefined;
  readonly phase: string | undefined;
  readonly members: readonly string[];
  readonly urls: readonly string[];
  /** Ms since 1970; `null` when none is set. */
  readonly alarm: number | null;
  readonly isResting: boolean;
}

interface TestState extends ObjectState {
  readonly storage: ObjectState["storage"] & {
    getAlarm(): Promise<number | null>;
  };
  abort(reason: string): never;
}

const counts: ObjectCounts = {
  requests: 0,
  alarms: 0,
  lives: 0,
  rowsRead: 0,
  rowsWritten: 0,
  calls: 0,
  kvReads: 0,
  kvWrites: 0,
  kvLists: 0,
};
/** Their numbers grow while they are read. */
let cursors: { readonly rowsRead: number; readonly rowsWritten: number }[] = [];

/** While there is one, no flush ends: a slow disk, as far as an object can tell. */
let disk: PromiseWithResolvers<void> | undefined;

const platformFetch = globalThis.fetch;
globalThis.fetch = (...request) => {
  counts.calls++;
  return platformFetch(...request);
};

export class TestNode {
  readonly #state: TestState;
  readonly #node: RingwalkNode;

  constructor(state: TestState, environment: Environment) {
    this.#state = state;
    counts.lives++;
    const storage = counted(state.storage);
    const { KV } = environment;
    this.#node = new RingwalkNode(
      { storage },
      KV ? { ...environment, KV: countedKv(KV) } : environment,
    );
  }

  async fetch(request: Request): Promise<Response> {
    switch (new URL(request.url).pathname) {
      case "/test/evict":
        return this.#state.abort("evicted by a test");
      case "/test/counts":
        return Response.json(takeCounts());
      case "/test/hold-flushes":
        disk = Promise.withResolvers();
        return new Response();
      case "/test/flush":
        disk?.resolve();
        disk = undefined;
        return new Response();
      case "/test/view":
        return Response.json(await this.#view());
      default:
        counts.requests++;
        return this.#node.fetch(request);
    }
  }

  alarm(): Promise<void> {
    counts.alarms++;
    return this.#node.alarm();
  }

  async #view(): Promise<ObjectView> {
    const { storage } = this.#state;
    const store = createStore({ driver: durableObjectDriver(storage) });
    const stored = await store.read(nodeBucket, stateKey);
    const layout =
      stored.kind === "record"
        ? decodeState(stored.bytes)?.stay.layout
        : undefined;
    return {
      epoch: layout?.epoch,
      phase: layout?.phase,
      members: layout?.members.map(({ name }) => name) ?? [],
      urls: layout?.members.map(({ url }) => url) ?? [],
      alarm: await storage.getAlarm(),
      isResting: storage.kv.get("rest") !== undefined,
    };
  }
}

/** Small values and alarms are a row each (https://developers.cloudflare.com/durable-objects/platform/pricing/). */
function counted(storage: ObjectState["storage"]): ObjectState["storage"] {
  return {
    sql: {
      exec(...query) {
        const cursor = storage.sql.exec(...query);
        cursors.push(cursor as (typeof cursors)[number] & typeof cursor);
        return cursor;
      },
    },
    kv: {
      get(key) {
        counts.rowsRead++;
        return storage.kv.get(key);
      },
      put(key, value) {
        counts.rowsWritten++;
        storage.kv.put(key, value);
      },
      delete(key) {
        counts.rowsWritten++;
        return storage.kv.delete(key);
      },
    },
    transactionSync: (run) => storage.transactionSync(run),
    setAlarm(at) {
      counts.rowsWritten++;
      return storage.setAlarm(at);
    },
    async sync() {
      await disk?.promise;
      await storage.sync();
    },
  };
}

/** Deletes cost what writes do (https://developers.cloudflare.com/kv/platform/pricing/). */
function countedKv(kv: KvNamespace): KvNamespace {
  return {
    get(key) {
      counts.kvReads++;
      return kv.get(key);
    },
    put(key, value) {
      counts.kvWrites++;
      return kv.put(key, value);
    },
    delete(key) {
      counts.kvWrites++;
      return kv.delete(key);
    },
    list(options) {
      counts.kvLists++;
      return kv.list(options);
    },
  };
}

function takeCounts(): ObjectCounts {
  for (const { rowsRead, rowsWritten } of cursors) {
    counts.rowsRead += rowsRead;
    counts.rowsWritten += rowsWritten;
  }
  cursors = [];
  return counts;
}
