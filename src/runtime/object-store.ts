/** The store of a node that is a Durable Object: every write to it is one that the object's life knows of. */
import type { Store } from "../ports.ts";
import type { StoreDriver } from "../store/driver.ts";
import { durableObjectDriver } from "../store/durable-object-driver.ts";
import { createStore } from "../store/store.ts";
import type { ObjectStorage } from "./cloudflare.ts";
import type { ObjectLife } from "./object-life.ts";

/** An isolate has 128 MB for everything. */
const cacheBytesMax = 2 ** 24;

/** Opens it, in the object's own SQLite. Throws a `StoreError`. */
export function openObjectStore({
  storage,
  life,
}: {
  readonly storage: ObjectStorage;
  readonly life: Pick<ObjectLife, "wrote">;
}): Store {
  const driver = noting(durableObjectDriver(storage), life);
  return createStore({ driver, cacheBytesMax });
}

function noting(
  driver: StoreDriver,
  life: Pick<ObjectLife, "wrote">,
): StoreDriver {
  return {
    ...driver,
    setItemRaw(...write) {
      life.wrote();
      return driver.setItemRaw?.(...write);
    },
    removeItem(...removal) {
      life.wrote();
      return driver.removeItem?.(...removal);
    },
  };
}
