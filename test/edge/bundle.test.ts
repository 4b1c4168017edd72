/** The Worker's size: what every start of an isolate has to read. */
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { bundle, workerEntry } from "./worker-bundle.ts";

test("the minified bundle is small", async () => {
  const script = await bundle(workerEntry, { minify: true });
  const kib = gzipSync(script).byteLength / 1024;
  console.log(`the Worker: ${kib.toFixed(1)} KiB, minified and compressed`);
  // A sixth of it is the dashboard (docs/decisions/0033), a tenth describes the API (docs/decisions/0032).
  expect(kib).toBeLessThan(155);
});
