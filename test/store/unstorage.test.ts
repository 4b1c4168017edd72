/** Drivers of unstorage, and of the shapes that theirs have, keep the Store port's promises but for their own limits. */

import fsLite from "unstorage/drivers/fs-lite";
import memory from "unstorage/drivers/memory";
import { storeSuite } from "../suite/store.ts";

storeSuite("unstorage memory", {
  open: () => memory(),
  guarantee: "volatile",
  forgets: "memory ends with its store",
});

storeSuite("unstorage fs-lite", {
  open: (folder) => fsLite({ base: folder }),
  guarantee: "eventual",
});
