/** What the client costs a page that loads it, and what it needs of a runtime. */
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";

const entry = join(import.meta.dirname, "../../src/client/client.ts");

/** Bundled for browsers: whatever asks for Node.js fails here. */
async function bundleOf(names: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    stdin: {
      contents: `export { ${names} } from ${JSON.stringify(entry)};`,
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
  });
  const [output] = outputFiles;
  if (!output) throw new Error("nothing was bundled");
  return output.contents;
}

const gzipBytes = (bytes: Uint8Array) => gzipSync(bytes, { level: 9 }).length;

// 6 KiB was the aim; what makes a repeated write take effect once (docs/decisions/0026) takes the rest.
test("bytes alone take 6.2 KiB, compressed", async () => {
  const size = gzipBytes(await bundleOf("createByteClient"));
  console.log(`the client for bytes: ${size} bytes (gzip)`);
  expect(size).toBeLessThanOrEqual(6.2 * 1024);
});

test("what is not asked for is not there", async () => {
  const bytes = new TextDecoder().decode(await bundleOf("createByteClient"));
  for (const alien of ["text/event-stream", "lock_lost", "devalue"])
    expect(bytes).not.toContain(alien);
  const locking = await bundleOf("createByteClient, lock");
  expect(new TextDecoder().decode(locking)).toContain("lock_lost");
});

test("all of it takes 16 KiB, the serializer of values included", async () => {
  const size = gzipBytes(await bundleOf("createClient, lock, watch, update"));
  console.log(`the whole client: ${size} bytes (gzip)`);
  expect(size).toBeLessThanOrEqual(16 * 1024);
});
