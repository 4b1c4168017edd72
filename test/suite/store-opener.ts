/** Opens stores for the tests of a suite, and clears away after each. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import type { Store } from "../../src/ports.ts";
import type { StoreDriver } from "../../src/store/driver.ts";
import { createStore } from "../../src/store/store.ts";
import type { StoreSuite } from "./store.ts";

/** What the tests of a suite open stores with. */
export interface StoreOpener {
  newFolder(): string;
  /** A store on the folder, or on a new one; closed after the test. */
  open(folder?: string): Promise<Store>;
  /** The same with its driver, for a look below the store. */
  openBoth(
    folder?: string,
  ): Promise<{ readonly driver: StoreDriver; readonly store: Store }>;
  readonly forgets: string | undefined;
}

/** To be called inside a `describe`. */
export function createStoreOpener(suite: StoreSuite): StoreOpener {
  const cleanups: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  function newFolder(): string {
    const folder = mkdtempSync(join(tmpdir(), "ringwalk-store-"));
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  }

  async function openBoth(folder = newFolder()) {
    const driver = await suite.open(folder);
    const { guarantee } = suite;
    const store = createStore(guarantee ? { driver, guarantee } : { driver });
    cleanups.push(() => store.close());
    return { driver, store };
  }

  return {
    newFolder,
    openBoth,
    open: async (folder) => (await openBoth(folder)).store,
    forgets: suite.forgets,
  };
}
