/** The Worker as one script, for workerd: for no platform in particular, so that an import of `node:` is an error. */
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** Bundles an entry of src/runtime, of these tests or of the examples, for which the package's names are its sources. */
export async function bundle(
  entry: URL,
  { minify = false } = {},
): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    minify,
    write: false,
    format: "esm",
    target: "es2024",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["ringwalk-source", "workerd", "worker", "import"],
    logLevel: "silent",
  });
  const [output] = outputFiles;
  if (!output) throw new Error(`${entry} makes no bundle`);
  return output.text;
}

export const workerEntry = new URL(
  "../../src/runtime/worker.ts",
  import.meta.url,
);
