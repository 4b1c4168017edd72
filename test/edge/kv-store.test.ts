/** A store over Workers KV, through unstorage's driver and workerd's namespace: what the port asks, short of fresh reads. */
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import cloudflareKvBinding from "unstorage/drivers/cloudflare-kv-binding";
import { afterAll, beforeAll } from "vitest";
import { storeSuite } from "../suite/store.ts";

let miniflare: Miniflare;
let binding: Awaited<ReturnType<Miniflare["getKVNamespace"]>>;
beforeAll(async () => {
  miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: "export default {}",
      compatibilityDate: "2026-07-01",
      kvNamespaces: ["KV"],
    }),
  );
  binding = await miniflare.getKVNamespace("KV");
});
afterAll(() => miniflare?.dispose());

storeSuite("Workers KV", {
  guarantee: "eventual",
  open: (folder) =>
    cloudflareKvBinding({
      binding: binding as never,
      base: folder.replace(/\W/g, ""),
    }),
});
