/** Opens the store that a configuration names. */

import type { Driver } from "unstorage";
import { recordCacheBytesMax } from "../core/limits.ts";
import type { Store, StoreGuarantee } from "../ports.ts";
import { memoryDriver } from "./memory-driver.ts";
import { createStore } from "./store.ts";

/**
 * Opens one of ringwalk's own stores; the folder is made where there is none. Rejects with a `StoreError`.
 * The drivers that need Node.js are loaded when they are asked for, so that this file loads on every runtime.
 */
export async function openStore(
  options:
    | { readonly kind: "memory"; readonly folder?: string }
    | { readonly kind: "sqlite" | "fs"; readonly folder: string },
): Promise<Store> {
  switch (options.kind) {
    case "memory":
      return createStore({ driver: memoryDriver() });
    case "sqlite": {
      const { sqliteDriver } = await import("./sqlite-driver.ts");
      return createStore({
        driver: sqliteDriver(options),
        // SQLite keeps others out of its file. The folder of the other kind is open to every tool.
        cacheBytesMax: recordCacheBytesMax,
      });
    }
    case "fs": {
      const { fsDriver } = await import("./fs-driver.ts");
      return createStore({ driver: fsDriver(options) });
    }
  }
}

/**
 * A store over any driver of unstorage. Only whoever configures it knows what it guarantees: say `durable` for a
 * driver that answers when a write is on disk, and `eventual` for one whose reads may be stale, as Workers KV's are.
 * The store's data must be its own, and a driver that answers "absent" when it failed to read is not safe for votes.
 */
export function storeFromDriver(
  driver: Driver,
  options: { readonly guarantee: StoreGuarantee },
): Store {
  return createStore({ driver, guarantee: options.guarantee });
}
