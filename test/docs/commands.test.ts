/** The lines of the pages' shell blocks, which leave something running or want a machine of their own: each is run here, or by a test that is named, or not, for a reason. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, onTestFinished, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { createClient } from "../../src/client/client.ts";
import {
  freePort,
  printed,
  type Running,
  start,
  temporaryFolder,
} from "../cli/processes.ts";
import { until } from "../e2e/until.ts";
import { type Runtime, runtimeCommands } from "../suite/runtimes.ts";
import { execute } from "./bash.ts";
import { fencesOf, pages } from "./markdown.ts";

/** Run below, in this order. */
const lines = {
  found: "ringwalk serve -p 8000",
  join: "ringwalk serve -p 8001 --join http://127.0.0.1:8000",
  replace: "ringwalk serve -p 8001 --join http://127.0.0.1:8000 --replace",
  force: "ringwalk remove node-8002 --force",
  drop: "ringwalk remove node-8002 --node http://127.0.0.1:8000",
  gather: "ringwalk join http://127.0.0.1:8002 --node http://127.0.0.1:8000",
  gather2: "ringwalk join http://127.0.0.1:8002 --node http://127.0.0.1:8001",
  guarded:
    "RINGWALK_SECRET=... RINGWALK_ADMIN_TOKEN=... ringwalk serve -p 8000",
  token:
    "RINGWALK_TOKEN=$ADMIN_TOKEN ringwalk token create --name shop --right read --right write --prefix shop/",
  withToken: "RINGWALK_TOKEN=rw_... ringwalk put shop/open yes",
  watch:
    "curl -N -H 'Accept: text/event-stream' http://127.0.0.1:8000/db/order",
  watchRing:
    "curl -N -H 'Accept: text/event-stream' http://127.0.0.1:8000/dht/status",
} as const;

const onRuntimes: Readonly<Record<Exclude<Runtime, "nodejs">, string>> = {
  bun: "bun src/cli/main.ts serve -p 8000",
  deno: "deno run --allow-net --allow-read --allow-write=DATA --allow-env --allow-sys=uid src/cli/main.ts serve -p 8000 --data DATA",
};

const simulation = "npm run sim -- --seed 7 --trace";

const { version } = packageJson;
const package_ = "test/package/npm.test.ts";
const deb = "test/package/deb.test.ts";
const elsewhere: Readonly<Record<string, string>> = {
  "ringwalk dev 5 --port 9000": "test/cli/dev.test.ts",
  "npm start": "test/cli/dev.test.ts",
  "npm ci && npm start": "test/cli/dev.test.ts",
  "npm ci && npm pack": package_,
  [`npm install ./ringwalk-${version}.tgz`]: package_,
  "npm run deb": deb,
  "npm ci && npm run deb": deb,
  [`apt install ./ringwalk_${version}_amd64.deb`]: deb,
  [`sudo apt install ./ringwalk_${version}_amd64.deb`]: deb,
  "npx ringwalk serve -p 8000": package_,
  "npx node --conditions=ringwalk-source examples/cache.ts":
    "test/examples/cache.test.ts",
};

const ci = "CI is this line";
const account = "it needs an account; npm run check does it with --dry-run";
const long =
  "it takes long; test/sim/arguments.test.ts reads its flags, test/sim/seeds.test.ts runs seeds";
const reasons: Readonly<Record<string, string>> = {
  "npm ci": ci,
  "npm ci && npm test": ci,
  "npx vitest run test/node": "a part of npm test",
  "npx vitest run test/http/app.test.ts -t 412": "a part of npm test",
  "npx vitest test/core": "a part of npm test, again at each change",
  "npm run sim -- --seeds 1-1000 --verbose": long,
  "npm run sim -- --minutes 10": long,
  "npm run sim -- --seeds 1-50 --nodes 8": long,
  "npm run sim -- --seeds 1-50 --consistency eventual": long,
  "npx wrangler secret put SECRET": account,
  "npx wrangler secret put SECRET --env ring": account,
  "npx wrangler deploy --env=": account,
  "npx wrangler deploy --env ring": account,
  'curl -H "Authorization: Bearer $SECRET" https://HOST/dht/peers': account,
};

test("every line of a shell block is run, or it is said why not; and no other is named here", () => {
  const onPages = pages()
    .flatMap(fencesOf)
    .flatMap((fence) =>
      fence.kind === "sh"
        ? fence.lines
        : fence.lines.filter(
            (line) =>
              fence.kind === "text" && /^(curl|ringwalk|npm|npx) /.test(line),
          ),
    )
    .map((line) => line.replace(/\s+#.*$/, ""));
  const known = [
    ...Object.values(lines),
    ...Object.values(onRuntimes),
    simulation,
    ...Object.keys(elsewhere),
    ...Object.keys(reasons),
  ];
  expect([...new Set(onPages)].toSorted()).toEqual(known.toSorted());
  for (const path of Object.values(elsewhere))
    expect({ path, isThere: existsSync(path) }).toEqual({
      path,
      isThere: true,
    });
});

/** A line with the ports that the page's stand for here, in a folder of its own. */
async function typist() {
  const cwd = await temporaryFolder();
  const first = await freePort(3);
  const real = (text: string) =>
    [0, 1, 2].reduce(
      (done, n) => done.replaceAll(String(8000 + n), String(first + n)),
      text,
    );
  const urls = [0, 1, 2].map((n) => `http://127.0.0.1:${first + n}`);
  return {
    cwd,
    urls,
    real,
    /** Starts it; the words before `ringwalk` are variables. */
    type(line: string): Running {
      const words = real(line).split(" ");
      const at = words.indexOf("ringwalk");
      const variables = words.slice(0, at).map((word) => word.split("="));
      const env = { RINGWALK_NODE: urls[0], ...Object.fromEntries(variables) };
      return start(words.slice(at + 1), { cwd, env });
    },
    /** Ends a node without a warning. */
    async kill(node: Running) {
      node.child.kill("SIGKILL");
      await node.finished;
    },
    peers: (n: number) => createClient({ nodes: [urls[n] ?? ""] }).peers(),
  };
}

const ready = /is ready at/;

describe("README", () => {
  test("founds, joins, replaces and forces", async () => {
    const { cwd, type, kill, real, peers } = await typist();
    await printed(type(lines.found), ready);
    const second = type(lines.join);
    await printed(second, ready);
    // Of two none may be lost.
    const third = type(lines.join.replace("8001", "8002"));
    await printed(third, ready);
    await kill(second);
    await rm(join(cwd, real(".ringwalk/node-8001")), { recursive: true });
    const again = type(lines.replace);
    await printed(again, ready);
    const all = [0, 1, 2].map((n) => real(`node-${8000 + n}`));
    expect((await peers(0)).toSorted()).toEqual(all);
    await kill(again);
    await kill(third);
    expect(await type(lines.force).finished).toMatchObject({ code: 0 });
    expect(await peers(0)).toEqual([real("node-8000")]);
  });

  test("brings together again what a force has parted", async () => {
    const { type, kill, real, urls, peers } = await typist();
    const first = type(lines.found);
    await printed(first, ready);
    const second = type(lines.join);
    await printed(second, ready);
    const third = type(lines.join.replace("8001", "8002"));
    await printed(third, ready);
    const client = createClient({ nodes: [urls[0] ?? ""] });
    await client.set("kept", "by the old ring");
    await kill(first);
    await kill(second);
    const force = type(
      "ringwalk remove node-8000 --force --node http://127.0.0.1:8002",
    );
    expect(await force.finished).toMatchObject({ code: 0 });
    await printed(type(lines.found), ready);
    await printed(type(lines.join), ready);
    for (const line of [lines.drop, lines.gather, lines.gather2])
      expect(await type(line).finished).toMatchObject({ code: 0 });
    const all = [0, 1, 2].map((n) => real(`node-${8000 + n}`));
    expect((await peers(0)).toSorted()).toEqual(all);
    const found = createClient({ nodes: [urls[2] ?? ""] });
    expect(await found.get("kept")).toBe("by the old ring");
  });

  test("guards a ring, makes a token and uses it", async () => {
    const { type } = await typist();
    const admin = "admin-token-of-this-test";
    const guarded = lines.guarded
      .replace("...", "ring-secret-of-this-test")
      .replace("...", admin);
    await printed(type(guarded), ready);
    const made = await type(lines.token.replace("$ADMIN_TOKEN", admin))
      .finished;
    expect(made).toMatchObject({ code: 0 });
    const put = lines.withToken.replace("rw_...", made.stdout.trim());
    expect(await type(put).finished).toMatchObject({ code: 0 });
    const wrong = put.replace("shop/open", "shoes");
    expect(await type(wrong).finished).toMatchObject({ code: 1 });
  });
});

test.each(Object.entries(onRuntimes) as [Runtime, string][])(
  "DEPLOY serves on %s",
  async (runtime, line) => {
    const { cwd, real, urls } = await typist();
    const [, ...words] = real(line)
      .replaceAll("DATA", join(cwd, "data"))
      .replace("src/cli/main.ts", resolve("src/cli/main.ts"))
      .split(" ");
    const [program] = runtimeCommands[runtime];
    const node = spawn(program, words, { cwd });
    onTestFinished(() => void node.kill("SIGKILL"));
    const ended = once(node, "close");
    for await (const text of createInterface(node.stdout))
      if (ready.test(text)) break;
    expect((await fetch(`${urls[0]}/ready`)).status).toBe(200);
    node.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
  },
);

/** Starts a command that goes on until somebody ends it; gives what it has printed so far. */
function streaming(command: string): () => string {
  const child = spawn("bash", ["-c", `exec ${command} --silent`]);
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk;
  });
  return () => output;
}

test("API shows the events of a key, and of a ring", async () => {
  const block = pages()
    .flatMap(fencesOf)
    .find((fence) => fence.lines[0] === lines.watch);
  const shown = block?.lines.slice(1).join("\n") ?? "";
  const { type, real } = await typist();
  await printed(type(lines.found), ready);
  const put = type("ringwalk put order once");
  expect(await put.finished).toMatchObject({ code: 0 });
  const seen = streaming(real(lines.watch));
  await until(() => seen().includes("once"), "the value is shown");
  const gone = type("ringwalk delete order");
  expect(await gone.finished).toMatchObject({ code: 0 });
  await until(() => seen().endsWith("data: {}\n\n"), "its absence is shown");
  // Of what differs from run to run its form is left.
  const formOf = (text: string) =>
    text
      .replace(/\d+-\d+-[\w-]+/g, "REVISION")
      .replace(/"contentType":"[^"]*"/, "")
      .trim();
  expect(formOf(seen())).toBe(formOf(shown));

  const ring = streaming(real(lines.watchRing));
  const told = () =>
    [...ring().matchAll(/^event: status\ndata: (.*)\n\n/gm)].map(
      ([, data = ""]) => JSON.parse(data),
    );
  // The first one comes before the members have been asked.
  const name = real("node-8000");
  const vitals = () => told().at(-1)?.vitals[name];
  await until(() => vitals() !== undefined, "the ring is shown");
  expect(told()[0]).toMatchObject({ name });
  expect(vitals()).toMatchObject({ records: expect.any(Number) });
});

test("TESTING shows all that happens in a seed", async () => {
  const outcome = await execute(
    process.execPath,
    ["src/sim/main.ts", ...simulation.split(" ").slice(4)],
    { cwd: process.cwd(), env: process.env },
  );
  expect(outcome).toMatchObject({ exitCode: 0 });
});
