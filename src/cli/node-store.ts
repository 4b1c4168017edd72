/** The store of a served node, and what it tells before the node runs. */
import {
  decodeState,
  isAmongOthers,
  nodeBucket,
  stateKey,
} from "../node/state.ts";
import type { Store } from "../ports.ts";
import type { StoreDriver } from "../store/driver.ts";
import { openStore, storeFromDriver } from "../store/open.ts";
import { usageError } from "./exit-code.ts";
import type { ServeSettings } from "./settings.ts";

/** Opens `store` in the `data` folder, or wraps a driver of a module: a usage error where nobody says its guarantee. */
export async function openNodeStore(settings: ServeSettings): Promise<Store> {
  const { store, data } = settings;
  if (typeof store === "string")
    return openStore({ kind: store, folder: data });
  const driver = store as StoreDriver;
  const guarantee = settings.guarantee ?? driver.guarantee;
  if (guarantee === undefined)
    throw usageError(
      'Say beside store what the driver promises, guarantee: "durable" (a write that was answered is on disk), "volatile" or "eventual" (reads may be stale).',
    );
  return storeFromDriver(driver, { guarantee });
}

/** Whether the node that lives in the store has fellow members: then it finds its ring by itself. */
export async function isInRing(store: Store): Promise<boolean> {
  const stored = await store.read(nodeBucket, stateKey);
  if (stored.kind !== "record") return false;
  const state = decodeState(stored.bytes);
  return state !== undefined && isAmongOthers(state.stay);
}
