/** The built page: what its sources make, whole in itself, and small. */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { buildPage, pageFile, pageText } from "../../scripts/build-page.ts";

const gzipKibMax = 40;

test("the file is what the sources make: npm run page writes it anew", async () => {
  expect(pageText(await buildPage()) === readFileSync(pageFile, "utf8")).toBe(
    true,
  );
});

test("the page is one file of less than 40 KiB, compressed, that names no other place", () => {
  const { html } = JSON.parse(readFileSync(pageFile, "utf8"));
  const kib = gzipSync(html).byteLength / 1024;
  console.log(
    `the dashboard: ${kib.toFixed(1)} KiB compressed, ${(html.length / 1024).toFixed(1)} KiB as it is`,
  );
  expect(kib).toBeLessThan(gzipKibMax);
  const places = [...html.matchAll(/https?:\/\/[\w.:/-]+/g)].map(
    ([place]) => place,
  );
  // Names of languages, examples in a field, and what begins every url.
  expect(
    new Set(
      places.filter(
        (place) => !/^http:\/\/(www\.w3\.org\/|127\.0\.0\.1:\d+$)/.test(place),
      ),
    ),
  ).toEqual(new Set());
});
