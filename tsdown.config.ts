/** The published package's files: every entry of `exports` in package.json, and the command line, built into dist/. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "tsdown";
import packageJson from "./package.json" with { type: "json" };

type Target = string | { readonly [condition: string]: Target };

/** The built names by their sources; an entry that stands there twice is the same file. */
function entriesOf(target: Target): Record<string, string> {
  if (typeof target === "string") return {};
  const { "ringwalk-source": source, default: built } = target;
  if (typeof source === "string" && typeof built === "string")
    return { [built.replace(/^\.\/dist\/(.*)\.js$/, "$1")]: source };
  return Object.assign({}, ...Object.values(target).map(entriesOf));
}

/** What the code reads of package.json: the rest is about this checkout, and none of the user's business. */
const ownManifest = {
  name: "own-manifest",
  load(id: string) {
    const { name, version, license } = packageJson;
    return id === fileURLToPath(new URL("package.json", import.meta.url))
      ? {
          code: JSON.stringify({ name, version, license }),
          moduleType: "json" as const,
        }
      : undefined;
  },
};

export default defineConfig({
  entry: { ...entriesOf(packageJson.exports), cli: "src/cli/main.ts" },
  format: "esm",
  // The client runs in browsers, the Worker in workerd: what Node.js brings, sources import by its name.
  platform: "neutral",
  target: "es2023",
  deps: { neverBundle: /^node:/ },
  dts: true,
  plugins: [ownManifest],
  clean: true,
  logLevel: "error",
  inputOptions: { checks: { pluginTimings: false } },
});
