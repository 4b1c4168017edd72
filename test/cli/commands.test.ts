/** Every command against a ring of one, as a shell sees it: standard output, standard error, exit code. */
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startServer } from "../../src/runtime/nodejs.ts";
import type { RunningServer } from "../../src/runtime/server.ts";
import { openStore } from "../../src/store/open.ts";
import { startMemoryNode, startMemoryRing } from "./in-process.ts";
import { freePort, run, start, temporaryFolder } from "./processes.ts";

let server: RunningServer;
/** Nothing listens there. */
let nowhere: string;
beforeAll(async () => {
  nowhere = `http://127.0.0.1:${await freePort()}`;
  server = await startServer({
    name: "solo",
    port: 0,
    openStore: () => openStore({ kind: "memory" }),
  });
});
afterAll(() => server.close());

function ringwalk(args: readonly string[], input?: string | Uint8Array) {
  const env = { RINGWALK_NODE: server.url };
  return run(args, { env, ...(input !== undefined && { input }) });
}

describe("one key", () => {
  test("put, get, delete: values on standard output, nothing else", async () => {
    expect(await ringwalk(["put", "greeting", "hällo"])).toMatchObject({
      code: 0,
      stdout: "",
      stderr: "",
    });
    expect(await ringwalk(["get", "greeting"])).toMatchObject({
      code: 0,
      stdout: "hällo",
      stderr: "",
    });
    expect(await ringwalk(["delete", "greeting"])).toMatchObject({
      code: 0,
      stdout: "",
      stderr: "",
    });
    expect(await ringwalk(["get", "greeting"])).toMatchObject({
      code: 3,
      stdout: "",
      stderr: 'not_found: There is no key "greeting".\n',
    });
  });

  test("with --json a deletion is told, and an error is one line of JSON on standard error", async () => {
    await ringwalk(["put", "told", "x"]);
    const deleted = await ringwalk(["delete", "told", "--json"]);
    expect(deleted).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(deleted.stdout)).toEqual({ key: "told" });
    const missing = await ringwalk(["get", "told", "--json"]);
    expect(missing).toMatchObject({ code: 3, stdout: "" });
    expect(JSON.parse(missing.stderr)).toEqual({
      code: "not_found",
      message: 'There is no key "told".',
      exitCode: 3,
    });
  });

  test("a value comes from a file or from standard input, byte for byte", async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const file = join(await temporaryFolder(), "bytes");
    await writeFile(file, bytes);
    await ringwalk(["put", "from file", "--file", file, "--type", "image/png"]);
    await ringwalk(["put", "from stdin"], bytes);
    const base64 = Buffer.from(bytes).toString("base64");
    for (const [key, contentType] of [
      ["from file", "image/png"],
      ["from stdin", "application/octet-stream"],
    ] as const) {
      const { stdout } = await ringwalk(["get", "--json", key]);
      expect(JSON.parse(stdout)).toMatchObject({ key, base64, contentType });
    }
  });

  test("dashes, empty values and time to live", async () => {
    expect(
      (await ringwalk(["put", "--ttl", "100000", "--", "-dash", ""])).code,
    ).toBe(0);
    const { stdout } = await ringwalk(["get", "--json", "--", "-dash"]);
    const { ttl, ...entry } = JSON.parse(stdout);
    expect(entry).toMatchObject({ key: "-dash", value: "" });
    // What is left of it.
    expect(ttl).toBeGreaterThan(90_000);
    expect(ttl).toBeLessThanOrEqual(100_000);
  });

  test("conditions have an exit code of their own", async () => {
    const created = await ringwalk([
      "put",
      "--json",
      "lock",
      "me",
      "--if-none-match",
      "*",
    ]);
    const { revision } = JSON.parse(created.stdout);
    const again = await ringwalk([
      "put",
      "lock",
      "you",
      "--if-none-match",
      "*",
    ]);
    expect(again.code).toBe(4);
    expect(again.stderr).toMatch(/^condition_failed: .*\n$/);
    expect(
      (await ringwalk(["delete", "lock", "--if-match", "1-1-x"])).code,
    ).toBe(4);
    expect(
      (await ringwalk(["delete", "lock", "--if-match", `"${revision}"`])).code,
    ).toBe(0);
  });

  test("increment prints the number; its bounds have the exit code of a condition", async () => {
    const visits = await ringwalk(["increment", "visits", "--by", "2.5"]);
    expect(visits).toMatchObject({ code: 0, stdout: "2.5\n", stderr: "" });
    const json = await ringwalk([
      ...["increment", "visits", "--by", "-0.5", "--json"],
      ...["--ttl", "60"],
    ]);
    expect(JSON.parse(json.stdout)).toEqual({
      key: "visits",
      value: 2,
      revision: expect.any(String),
    });
    const beyond = await ringwalk(["increment", "visits", "--max", "2"]);
    expect(beyond).toMatchObject({ code: 4, stdout: "" });
    expect(beyond.stderr).toMatch(/^out_of_bounds: .* stays 2\.\n$/);
    await ringwalk(["put", "word", "five"]);
    expect(await ringwalk(["increment", "word"])).toMatchObject({ code: 1 });
  });

  test("touch sets the time to live, or takes it away; metadata is shown with --json", async () => {
    const metadata = { owner: "ada" };
    await ringwalk([
      ...["put", "draft", "x", "--metadata", JSON.stringify(metadata)],
    ]);
    const shown = async () =>
      JSON.parse((await ringwalk(["get", "--json", "draft"])).stdout);
    const { revision } = await shown();
    const touched = ["touch", "draft", "--if-match", revision];
    expect(await ringwalk([...touched, "--ttl", "100000"])).toMatchObject({
      code: 0,
      stdout: "",
    });
    const { ttl, ...draft } = await shown();
    expect(draft).toMatchObject({ value: "x", metadata, revision });
    expect(ttl).toBeGreaterThan(90_000);
    expect((await ringwalk([...touched, "--forever"])).code).toBe(0);
    expect(await shown()).not.toHaveProperty("ttl");
    expect(await ringwalk(["touch", "none", "--forever"])).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/^no_such_key: /),
    });
  });

  test("--trace shows the walk beside the value", async () => {
    await ringwalk(["put", "traced", "x"]);
    const { stdout, stderr } = await ringwalk(["get", "--trace", "traced"]);
    expect(stdout).toBe("x");
    expect(stderr).toMatch(
      /^partition \d+: solo\n( {2}\d\. read at solo: \w+\n)+$/,
    );
    const json = await ringwalk(["get", "--trace", "--json", "traced"]);
    expect(JSON.parse(json.stdout).walk).toMatchObject({
      members: ["solo"],
      replicaCount: 1,
    });
  });
});

describe("listings", () => {
  test("keys: a line each, or JSON", async () => {
    for (const key of ["list/a", "list/b\nc%", "other"])
      await server.node.put(key, new Uint8Array());
    const lines = await ringwalk(["keys", "--prefix", "list/"]);
    expect(lines.stdout.split("\n").sort()).toEqual([
      "",
      "list/a",
      "list/b%0Ac%25",
    ]);
    const json = await ringwalk([
      "keys",
      "--prefix",
      "list/",
      "--scope",
      "node",
      "--json",
    ]);
    expect(JSON.parse(json.stdout).sort()).toEqual(["list/a", "list/b\nc%"]);
    expect(
      (await ringwalk(["keys", "--prefix", "none", "--json"])).stdout,
    ).toBe("[]\n");
  });

  test("peers and status", async () => {
    expect((await ringwalk(["peers"])).stdout).toBe("solo\n");
    expect(JSON.parse((await ringwalk(["peers", "--json"])).stdout)).toEqual([
      "solo",
    ]);
    const { stdout } = await ringwalk(["status"]);
    expect(stdout).toContain("stable: 1 member, seen by solo");
    expect(stdout).toMatch(
      new RegExp(`solo \\* .*${server.url}.* 1024 .*1024.*volatile.*ok`),
    );
    const status = JSON.parse((await ringwalk(["status", "--json"])).stdout);
    expect(status).toMatchObject({
      name: "solo",
      phase: "stable",
      members: [{ isSelf: true }],
    });
  });
});

describe("membership", () => {
  test("status tells of a member that died while the ring was idle", async () => {
    const [one] = await startMemoryRing(["one", "two"]);
    const three = await startMemoryNode({ name: "three" });
    await three.node.join({ urls: [one.url] });
    const look = () => run(["status", "--node", one.url]);
    expect((await look()).stdout).toMatch(/│ three .* ok/);
    await three.close();
    const seen = (await look()).stdout;
    expect(seen).toMatch(/│ three .* suspected/);
    expect(seen).toMatch(/│ two .* ok/);
  });

  test("join, leave and remove, told to a node and waited for", async () => {
    const [one, two] = await startMemoryRing(["one", "two"]);
    const three = await startMemoryNode({ name: "three" });
    const joined = await run(["join", nowhere, one.url, "--node", three.url]);
    expect(joined).toMatchObject({ code: 0, stderr: "" });
    expect(joined.stdout).toMatch(
      / is in the ring of three, one, two \(epoch \d+\)\n$/,
    );
    const left = await run(["leave", "--node", two.url, "--json"]);
    expect(JSON.parse(left.stdout)).toMatchObject({
      members: ["two"],
      isComplete: true,
    });
    const again = await run(["join", one.url, "--node", two.url, "--no-wait"]);
    expect(again).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^The change goes on/),
    });
    await run(["join", one.url, "--node", two.url]);
    await three.close();
    const removed = await run(["remove", "three", "--node", one.url]);
    expect(removed).toMatchObject({ code: 0, stderr: "" });
    expect(removed.stdout).toMatch(
      /^three is removed; the members are one, two \(epoch/,
    );
  });

  test("leaving a ring of one is no error", async () => {
    expect((await ringwalk(["leave"])).stdout).toMatch(
      /left, and is a ring of its own \(epoch \d+\)\n/,
    );
  });

  test("a join that reaches nobody exits as unavailable, with the node's words", async () => {
    const { code, stderr } = await ringwalk(["join", nowhere]);
    expect(code).toBe(5);
    expect(stderr).toMatch(/^join_unreachable: .*127.0.0.1:\d+.*\n$/);
  });

  test("an unknown member is named with those that are known", async () => {
    const { code, stderr } = await ringwalk(["remove", "nobody"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^member_unknown: .*nobody.*solo.*\n$/);
  });
});

test("no node there: unavailable, at once, in one line", async () => {
  const { code, stderr } = await run(["get", "a", "--node", nowhere]);
  expect(code).toBe(5);
  expect(stderr).toMatch(
    /^unreachable: .*127.0.0.1:\d+: connect ECONNREFUSED.*Check the url, and that the node runs\.\n$/,
  );
});

test("RINGWALK_DEBUG shows the stack trace", async () => {
  const env = { RINGWALK_DEBUG: "1" };
  const { code, stderr } = await run(["frobnicate"], { env });
  expect(code).toBe(2);
  expect(stderr).toMatch(/\n\s+at .*run\.ts/);
});

test("a second --node is asked when the first is down", async () => {
  await server.node.put("there", new TextEncoder().encode("x"));
  const nodes = ["--node", nowhere, "--node", server.url];
  expect(await run(["get", "there", ...nodes])).toMatchObject({
    code: 0,
    stdout: "x",
  });
});

test("a reader that has enough ends the command quietly", async () => {
  for (let count = 0; count < 300; count++)
    await server.node.put(`many/${"k".repeat(900)}${count}`, new Uint8Array());
  const args = ["keys", "--prefix", "many/", "--node", server.url];
  const { child } = start(args);
  const messages: Buffer[] = [];
  child.stderr?.on("data", (chunk: Buffer) => messages.push(chunk));
  // The pipe is closed long before all keys have gone through it.
  child.stdout?.once("data", () => child.stdout?.destroy());
  const [code] = await once(child, "close");
  expect({ code, messages }).toEqual({ code: 0, messages: [] });
});
