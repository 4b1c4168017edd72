/** The file driver keeps the Store port's promises. */

import { fsDriver } from "../../src/store/fs-driver.ts";
import { storeSuite } from "../suite/store.ts";

storeSuite("fs", { open: (folder) => fsDriver({ folder }) });
