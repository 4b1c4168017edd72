/** examples/nitro, installed with the package of this checkout, built and run against a ring. */
import { execFile } from "node:child_process";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient } from "../../src/client/client.ts";
import { type ExampleRing, startExampleRing } from "./ring.ts";

const execute = promisify(execFile);

let ring: ExampleRing;
beforeAll(async () => {
  ring = await startExampleRing();
});
afterAll(() => ring?.close());

/** Nothing of the npm or the vitest that runs this. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(RINGWALK_|npm_(?!config_)|NODE_ENV$|VITEST)/.test(name),
  ),
);

async function npm(cwd: string, ...args: readonly string[]): Promise<void> {
  await execute("npm", args, { cwd, env: environment, maxBuffer: 2 ** 24 });
}

/** Why nitropack cannot be installed here; absent when it can. */
async function absence(): Promise<string | undefined> {
  const asking = ["view", "nitropack", "version", "--fetch-retries=0"];
  return npm(ring.folder, ...asking).then(
    () => undefined,
    () => "no registry can be reached, and nitropack is none of our packages",
  );
}

/** The package, built beside the checkout, as others of these tests may build it there at the same time. */
async function packed(folder: string): Promise<string> {
  const place = join(folder, "package");
  await mkdir(place);
  await cp("package.json", join(place, "package.json"));
  const out = ["--out-dir", join(place, "dist"), "--logLevel", "error"];
  await execute(resolve("node_modules/.bin/tsdown"), out, { env: environment });
  await npm(place, "pack", "--ignore-scripts", "--pack-destination", folder);
  const { version } = JSON.parse(await readFile("package.json", "utf8"));
  return join(folder, `ringwalk-${version}.tgz`);
}

async function builtApp(): Promise<string> {
  const folder = join(ring.folder, "nitro");
  await cp("examples/nitro", folder, { recursive: true });
  const manifest = join(folder, "package.json");
  const text = await readFile(manifest, "utf8");
  const file = `file:${await packed(ring.folder)}`;
  await writeFile(
    manifest,
    text.replace(
      /("ringwalk": )"[^"]+"/,
      (_, name) => name + JSON.stringify(file),
    ),
  );
  await npm(folder, "install", "--prefer-offline", "--no-audit", "--no-fund");
  await execute(process.execPath, ["node_modules/.bin/nitro", "build"], {
    cwd: folder,
    env: { ...environment, RINGWALK_NODE: ring.urls.join(",") },
  });
  return join(folder, ".output/server/index.mjs");
}

test("what one storage keeps the other reads, and ringwalk's driver does without one node", async ({
  skip,
}) => {
  const reason = await absence();
  if (reason !== undefined) skip(reason);
  const server = ring.run(await builtApp());
  const [url = ""] = /http:\S+/.exec(await server.line("http")) ?? [];
  const put = await fetch(new URL("/app/greeting", url), {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ hello: "ring" }),
  });
  expect(await put.json()).toEqual({ stored: "greeting" });
  const shared = await fetch(new URL("/shared/app:greeting", url));
  expect(await shared.json()).toEqual({ hello: "ring" });
  const client = createClient({ nodes: ring.urls });
  expect((await client.head("app:greeting"))?.ttlSeconds).toBeGreaterThan(3000);

  await ring.nodes[0]?.kill();
  const still = await fetch(new URL("/app/greeting", url));
  expect(await still.json()).toEqual({ hello: "ring" });
  // The stock driver knows the first node alone.
  expect((await fetch(new URL("/shared/app:greeting", url))).status).toBe(500);
});
