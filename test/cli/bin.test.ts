/** `bin/ringwalk.mjs` on a Node.js that is new enough, and on one that is not. */
import { cp, mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { freePort, printed, run, start, temporaryFolder } from "./processes.ts";

const bin = resolve("bin/ringwalk.mjs");
const old =
  'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.20.2" } });';
/** The program on a Node.js that says that it is version 20. */
const onOldNode = [
  "--import",
  `data:text/javascript,${encodeURIComponent(old)}`,
  bin,
];

test("runs the command line", async () => {
  const { code, stdout } = await run(["--version"], { command: [bin] });
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  });
});

test("on an old Node.js, the one from the node package runs it: arguments, output and exit code are the same", async () => {
  const args = ["get", "--no-such-flag"];
  const direct = await run(args, { command: [bin] });
  expect(await run(args, { command: onOldNode })).toEqual(direct);
  expect(direct.code).toBe(2);
});

test("on an old Node.js, signals reach the command", async () => {
  const cwd = await temporaryFolder();
  const port = String(await freePort());
  const node = start(["serve", "-p", port, "--store", "memory"], {
    cwd,
    command: onOldNode,
  });
  await printed(node, /is ready at/);
  node.child.kill("SIGTERM");
  const { code, stderr } = await node.finished;
  expect(code).toBe(0);
  expect(stderr).toMatch(/msg=closed/);
});

test.each([
  ["of a checkout", "src/cli", "npm ci"],
  ["of the package", "dist", "npm install node"],
])(
  "on an old Node.js without the node package, that %s says what to do",
  async (_, place, next) => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, "bin"));
    await mkdir(join(folder, place), { recursive: true });
    await writeFile(join(folder, place, "main.ts"), "");
    await cp(bin, join(folder, "bin/ringwalk.mjs"));
    const command = [
      ...onOldNode.slice(0, -1),
      join(folder, "bin/ringwalk.mjs"),
    ];
    const { code, stdout, stderr } = await run(["--version"], { command });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(
      new RegExp(
        `^node_too_old: ringwalk needs Node.js 22.18 or later, and this is 20.20.2. .*"${next}".*\n$`,
      ),
    );
  },
);
