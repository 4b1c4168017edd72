/** A user's own Worker that is a node: bundled by wrangler, and run by workerd. */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import type { Project } from "./project.ts";

const worker = `export { default, RingwalkNode } from "ringwalk/worker";\n`;

const configuration = `
name = "mine"
main = "worker.js"
compatibility_date = "2026-07-01"
compatibility_flags = ["global_fetch_strictly_public"]
vars = { NODE_NAME = "node" }

[[durable_objects.bindings]]
name = "NODE"
class_name = "RingwalkNode"

[[migrations]]
tag = "v1"
new_sqlite_classes = ["RingwalkNode"]
`;

/** Deploys it as far as that goes without an account, and puts and gets a key of what would be uploaded. */
export async function runWorker(
  project: Project,
): Promise<{ readonly put: number; readonly value: string }> {
  await project.write("worker.js", worker);
  await project.write("wrangler.toml", configuration);
  const wrangler = resolve("node_modules/.bin/wrangler");
  await project.run(process.execPath, [
    ...[wrangler, "deploy", "--dry-run", "--minify", "--outdir", "upload"],
  ]);
  const script = await readFile(
    join(project.folder, "upload/worker.js"),
    "utf8",
  );
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script,
      compatibilityDate: "2026-07-01",
      host: "127.0.0.1",
      port: 0,
      bindings: { NODE_NAME: "node", INSECURE: "true", LOG_LEVEL: "error" },
      durableObjects: { NODE: { className: "RingwalkNode", useSQLite: true } },
    }),
  );
  try {
    const url = new URL("/db/greeting", await miniflare.ready);
    const { status } = await fetch(url, { method: "PUT", body: "hello" });
    return { put: status, value: await (await fetch(url)).text() };
  } finally {
    await miniflare.dispose();
  }
}
