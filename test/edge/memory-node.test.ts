/** The conformance suite in workerd, without Node.js's modules: nothing in core, node and http may depend on them. */
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { valueBytesDefault } from "../../src/core/limits.ts";
import { nodeSuite, type RunningNode } from "../suite/node.ts";

const secret = "correct-horse-battery-staple";

nodeSuite(
  "a memory node in workerd",
  {
    missingStatus: 404,
    valueBytesMax: valueBytesDefault,
    secret,
    noHugeBodies:
      "workerd closes the connection of a large body that is refused unread, before the caller has read the answer",
  },
  startInWorkerd,
);

async function startInWorkerd(): Promise<RunningNode> {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: await bundle(
        new URL("../../src/runtime/worker.ts", import.meta.url),
      ),
      // Before 2026-08-04 a Worker has none of Node.js's modules unless it asks for them.
      compatibilityDate: "2026-07-01",
      bindings: { SECRET: secret, URL: "http://edge.example" },
      durableObjects: { NODE: "MemoryNode" },
    }),
  );
  const url = await miniflare.ready;
  return {
    url: url.origin,
    fetch: (target, init) => fetch(target, init),
    close: () => miniflare.dispose(),
  };
}

/** For no platform in particular, so that an import of `node:` is an error. */
async function bundle(entry: URL): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["workerd", "worker", "import"],
    logLevel: "silent",
  });
  const [output] = outputFiles;
  if (!output) throw new Error(`${entry} makes no bundle`);
  return output.text;
}
