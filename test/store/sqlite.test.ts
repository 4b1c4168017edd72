/** The SQLite driver keeps the Store port's promises. */

import { sqliteDriver } from "../../src/store/sqlite-driver.ts";
import { storeSuite } from "../suite/store.ts";

storeSuite("sqlite", { open: (folder) => sqliteDriver({ folder }) });
