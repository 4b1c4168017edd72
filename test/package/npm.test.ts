/** The npm package in an empty project: every entry runs on every runtime, is typed, and brings nothing along that is not its own. */
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import {
  type Step,
  tryNode,
  tryRing,
} from "../../scripts/first-minute/steps.ts";
import { freePort, startServing, temporaryFolder } from "../cli/processes.ts";
import { type Runtime, runtimeCommands } from "../suite/runtimes.ts";
import { programs } from "./programs.ts";
import { installedProject, type Project } from "./project.ts";
import { runWorker } from "./worker.ts";

const tool = (name: string) => resolve("node_modules/.bin", name);
const runtimes = Object.keys(runtimeCommands) as readonly Runtime[];

let project: Project;
beforeAll(async () => {
  project = await installedProject();
  for (const [name, text] of Object.entries(programs))
    await project.write(name, text);
});
afterAll(() => project?.close());

describe("what is in it", () => {
  test("built files, the command and the pages of the top, and nothing else", async () => {
    const { size, unpackedSize, paths } = project.packed;
    console.log(
      `npm pack: ${(size / 1024).toFixed(0)} KiB, ${(unpackedSize / 1024).toFixed(0)} KiB unpacked, ${paths.length} files`,
    );
    expect(paths.filter((path) => !path.startsWith("dist/")).sort()).toEqual([
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "bin/ringwalk.mjs",
      "package.json",
    ]);
    expect(
      paths.filter((path) => !/\.(js|d\.ts|md|json|mjs)$|^LICENSE$/.test(path)),
    ).toEqual([]);
    expect(size).toBeLessThan(400 * 1024);
  });

  test("no path of the machine that built it, and nothing about what it was built with", async () => {
    const { folder, packed } = project;
    const texts = packed.paths
      .filter((path) => path.startsWith("dist/"))
      .map((path) =>
        readFile(join(folder, "node_modules/ringwalk", path), "utf8"),
      );
    const built = (await Promise.all(texts)).join("\n");
    expect(built).toContain("createClient");
    const tools = Object.keys(packageJson.devDependencies).map(
      (name) => `from "${name}"`,
    );
    const aliens = [resolve("."), "devDependencies", "allowScripts", ...tools];
    expect(aliens.filter((alien) => built.includes(alien))).toEqual([]);
  });

  test("publint has nothing to say", async () => {
    const told = await project.run(tool("publint"), [
      project.packed.file,
      "--strict",
    ]);
    expect(told).toContain("All good!");
  });

  test("its dependencies, and theirs", async () => {
    const lock = JSON.parse(
      await readFile(
        join(project.folder, "node_modules/.package-lock.json"),
        "utf8",
      ),
    ) as { readonly packages: Readonly<Record<string, unknown>> };
    const installed = Object.keys(lock.packages).map((path) =>
      path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length),
    );
    const direct = Object.keys(packageJson.dependencies);
    console.log(
      `runtime dependencies: ${direct.length}, with their own ${installed.length - 1}`,
    );
    expect(installed).toEqual(expect.arrayContaining(direct));
    const devAlone = Object.keys(packageJson.devDependencies);
    expect(installed.filter((name) => devAlone.includes(name))).toEqual([]);
  });
});

describe.each(runtimes)("on %s", (runtime) => {
  const [program, ...before] = runtimeCommands[runtime];
  const bin = "node_modules/ringwalk/bin/ringwalk.mjs";

  test("the command serves, and the client and the driver reach it", async () => {
    const { url, stop } = await startServing(
      ["serve", "-p", "0", "-n", "node", "--data", await temporaryFolder()],
      { cwd: project.folder, command: [bin], runtime },
    );
    const run = (name: string) => project.run(program, [...before, name, url]);
    expect(await run("client.js")).toBe("Ada\n");
    expect(await run("driver.js")).toBe("Grace\n");
    const keys = [...before, bin, "keys", "--node", url];
    expect((await project.run(program, keys)).split("\n").sort()).toEqual([
      "",
      "app:person",
      "person",
    ]);
    // Both are files of their own beside the code.
    const page = await fetch(url, { headers: { accept: "text/html" } });
    expect(await page.text()).toMatch(/^<!doctype html>/i);
    const api = await fetch(`${url}/openapi.json`);
    expect(await api.json()).toMatchObject({
      info: { title: packageJson.name, version: packageJson.version },
    });
    expect(await stop()).toMatchObject({ code: 0 });
  });

  test("a node in a program founds a ring, and another joins it", async () => {
    const data = await temporaryFolder();
    // A closed node leaves nothing behind that would keep the program from its end.
    expect(await project.run(program, [...before, "nodes.js", data])).toBe(
      "2 members, hello\n<!doctype html>\ntimers: 0\n",
    );
  });
});

test("the entry of each runtime is that runtime's server", async () => {
  const told = (runtime: Runtime) => {
    const [program, ...before] = runtimeCommands[runtime];
    return project.run(program, [...before, "entry.js"]);
  };
  const all = await Promise.all(runtimes.map(told));
  expect(all).toEqual(runtimes.map((runtime) => `${runtime}.js\n`));
});

test.each(["bundler", "nodenext"])(
  "types are found and fit, with moduleResolution %s",
  async (moduleResolution) => {
    const module = moduleResolution === "bundler" ? "preserve" : "nodenext";
    const check = (...args: readonly string[]) =>
      project.run(tool("tsc"), [
        ...["--noEmit", "--strict", "--target", "es2024", "--types", ""],
        ...["--lib", "es2024,esnext.disposable,dom,dom.asynciterable"],
        ...["--moduleResolution", moduleResolution, "--module", module],
        ...args,
      ]);
    expect(await check("--skipLibCheck", "types.ts")).toBe("");
    expect(await check("client-types.ts")).toBe("");
  },
);

describe("for a page", () => {
  const gzipBytesOf = async (names: string, from: string) => {
    const { outputFiles } = await build({
      stdin: {
        contents: `export { ${names} } from ${JSON.stringify(from)};`,
        resolveDir: project.folder,
      },
      ...{ bundle: true, write: false, minify: true },
      ...{ format: "esm", platform: "browser", target: "es2022" },
    });
    const [output] = outputFiles ?? [];
    return gzipSync(output?.contents ?? "", { level: 9 }).length;
  };
  const source = resolve("src/client/client.ts");

  // How much that may be stands in test/client/size.test.ts.
  test.each(["createClient", "createByteClient"])(
    "%s costs what its sources cost",
    async (name) => {
      const bytes = await gzipBytesOf(name, "ringwalk/client");
      console.log(`${name}: ${bytes} bytes (gzip)`);
      expect(bytes).toBeGreaterThan(1024);
      const ofSource = await gzipBytesOf(name, source);
      expect(bytes).toBeLessThan(ofSource * 1.02);
    },
  );
});

test("a Worker of one line is a node", async () => {
  expect(await runWorker(project)).toEqual({ put: 200, value: "hello" });
});

describe.skipIf(spawnSync("curl", ["--version"]).error)(
  "the first minute of a new user (its lines need curl)",
  () => {
    const put = [expect.stringMatching(/^curl -X PUT .*\/db\/greeting$/), ""];
    const get = [expect.stringMatching(/^curl .*\/db\/greeting$/), "hello"];
    const done = (steps: readonly Step[]) => {
      const totalMs = steps.reduce((sum, step) => sum + step.durationMs, 0);
      const [first] = steps;
      console.log(`${first?.command}: ${(totalMs / 1000).toFixed(1)} s`);
      return steps.map(({ command, shown }) => [command, shown]);
    };

    test("a node in one line", async () => {
      const port = await freePort();
      const steps = await tryNode(project.folder, port);
      expect(done(steps)).toEqual([
        [`npx ringwalk serve -p ${port}`, ""],
        put,
        get,
      ]);
    });

    test("a ring, and the lines that it prints do what they say", async () => {
      const port = await freePort(3);
      const steps = await tryRing(project.folder, port);
      expect(done(steps)).toEqual([
        [`npx ringwalk dev --port ${port}`, ""],
        put,
        get,
        [
          `npx ringwalk status --node http://127.0.0.1:${port}`,
          expect.stringContaining("3 members"),
        ],
      ]);
    });
  },
);
