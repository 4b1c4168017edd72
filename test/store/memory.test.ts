/** The memory driver keeps the Store port's promises, but for durability. */

import { memoryDriver } from "../../src/store/memory-driver.ts";
import { storeSuite } from "../suite/store.ts";

storeSuite("memory", {
  open: memoryDriver,
  forgets: "memory ends with its store",
});
