/** The store of a node that is a Durable Object: every write to it is one that the object's life knows of. */
import cloudflareKvBinding from "unstorage/drivers/cloudflare-kv-binding";
import type { Clock, Store } from "../ports.ts";
import type { StoreDriver } from "../store/driver.ts";
import { durableObjectDriver } from "../store/durable-object-driver.ts";
import { splitStore } from "../store/split-store.ts";
import { createStore } from "../store/store.ts";
import type { KvNamespace, ObjectStorage } from "./cloudflare.ts";
import type { ObjectLife } from "./object-life.ts";
import { patientKv } from "./patient-kv.ts";

/** An isolate has 128 MB for everything. */
const cacheBytesMax = 2 ** 24;

/** What the store writes to, and the life that has to know of each write. */
export interface ObjectStoreParts {
  readonly storage: ObjectStorage;
  readonly life: Pick<ObjectLife, "wrote">;
  readonly clock: Clock;
  /** Where the values are, under the node's name; absent: in the object's own SQLite. */
  readonly kv: KvNamespace | undefined;
  readonly name: string;
}

/** Opens it. What the node keeps of itself is in the object's own SQLite in any case. Throws a `StoreError`. */
export function openObjectStore(parts: ObjectStoreParts): Store {
  const { storage, life, kv, name, clock } = parts;
  const own = noting(durableObjectDriver(storage), life);
  const system = createStore({ driver: own, cacheBytesMax });
  if (!kv) return system;
  const driver = cloudflareKvBinding({
    // Its types are those of the platform's own package, which nothing else here needs.
    binding: patientKv(kv, clock) as never,
    base: name,
  });
  const data = createStore({
    driver: noting(driver as StoreDriver, life),
    guarantee: "eventual",
  });
  return splitStore({ system, data: notingEarly(data, life) });
}

/**
 * KV is read before it is written, and the other replicas may have the same state by then: an object that is lost in
 * between has to know that it was not at rest.
 */
function notingEarly(store: Store, life: Pick<ObjectLife, "wrote">): Store {
  return {
    ...store,
    update(bucket, key, step) {
      life.wrote();
      return store.update(bucket, key, step);
    },
  };
}

function noting(
  driver: StoreDriver,
  life: Pick<ObjectLife, "wrote">,
): StoreDriver {
  const noted =
    <Args extends readonly unknown[], R>(write: (...args: Args) => R) =>
    (...args: Args) => {
      life.wrote();
      return write(...args);
    };
  const { setItem, setItemRaw, removeItem, dropBucket } = driver;
  return {
    ...driver,
    ...(setItem && { setItem: noted(setItem) }),
    ...(setItemRaw && { setItemRaw: noted(setItemRaw) }),
    ...(removeItem && { removeItem: noted(removeItem) }),
    ...(dropBucket && { dropBucket: noted(dropBucket) }),
  };
}
