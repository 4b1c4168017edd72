/** The conformance suite of the Store port: every driver runs it, and its test says how to open one. */

import { describe } from "vitest";
import type { StoreGuarantee } from "../../src/ports.ts";
import type { StoreDriver } from "../../src/store/driver.ts";
import { storeDamageTests } from "./store-damage.ts";
import { storeEndTests } from "./store-ends.ts";
import { storeKeyTests } from "./store-keys.ts";
import { createStoreOpener } from "./store-opener.ts";
import { storeScanTests } from "./store-scans.ts";
import { storeUpdateTests } from "./store-updates.ts";
import { storeValueTests } from "./store-values.ts";

/** A driver, as the suite needs to know it. */
export interface StoreSuite {
  /** Opens the driver on an empty folder, or again on one that it used. */
  readonly open: (folder: string) => StoreDriver | Promise<StoreDriver>;
  /** For drivers of unstorage; absent: the driver knows its own. */
  readonly guarantee?: StoreGuarantee;
  /** Why a reopened store is empty; absent: it must hold everything. */
  readonly forgets?: string;
}

/** Runs the whole suite against a driver; each test opens a store of its own. */
export function storeSuite(name: string, suite: StoreSuite): void {
  // The machine may be busy: only a hang should end a test.
  describe(`store: ${name}`, { timeout: 120_000 }, () => {
    const opener = createStoreOpener(suite);
    storeValueTests(opener);
    storeKeyTests(opener);
    storeUpdateTests(opener);
    storeScanTests(opener);
    storeEndTests(opener);
    storeDamageTests(opener);
  });
}
