/** The command line on Bun and on Deno, by its bin: the same words, and the same exit codes. */
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import {
  freePort,
  printed,
  run,
  start,
  startServing,
  temporaryFolder,
} from "./processes.ts";

const command = [resolve("bin/ringwalk.mjs")];

describe.each(["bun", "deno"] as const)("on %s", (runtime) => {
  test("says what Node.js says, in results, help and errors", async () => {
    for (const args of [
      ["--version"],
      ["--help"],
      ["serve", "--help"],
      ["get", "--no-such-flag"],
    ]) {
      const onNodejs = await run(args, { command });
      expect(await run(args, { command, runtime })).toEqual(onNodejs);
    }
    const closed = `http://127.0.0.1:${await freePort()}`;
    const args = ["put", "k", "v", "--node", closed];
    expect(await run(args, { command, runtime })).toMatchObject({
      code: 5,
      stderr: expect.stringMatching(/^unreachable: No node answered/),
    });
  });

  test("keys are put, read, listed, imported, exported and deleted", async () => {
    const cwd = await temporaryFolder();
    const options = { cwd, command, runtime };
    const place = ["-n", "node", "-p", "0"];
    const { url, stop } = await startServing(["serve", ...place], options);
    const at = ["--node", url];
    const tell = async (args: string[], input?: string | Uint8Array) => {
      const { code, stdout } = await run([...args, ...at], {
        ...options,
        ...(input !== undefined && { input }),
      });
      return { code, stdout };
    };
    expect(await tell(["put", "greeting", "hello"])).toMatchObject({ code: 0 });
    expect(await tell(["get", "greeting"])).toEqual({
      code: 0,
      stdout: "hello",
    });
    expect(await tell(["get", "missing"])).toEqual({ code: 3, stdout: "" });
    await writeFile(
      join(cwd, "in.ndjson"),
      '{"key":"imported","value":"a line"}\n',
    );
    expect(await tell(["import", "in.ndjson"])).toMatchObject({ code: 0 });
    const { stdout: exported } = await tell(["export", "--plain"]);
    expect(exported.split("\n").sort()).toEqual([
      "",
      expect.stringContaining('"key":"greeting","value":"hello"'),
      expect.stringContaining('"key":"imported","value":"a line"'),
    ]);
    expect(await tell(["delete", "greeting"])).toMatchObject({ code: 0 });
    expect(await tell(["keys"])).toEqual({ code: 0, stdout: "imported\n" });
    expect(await tell(["export", "b.ndjson"])).toMatchObject({ code: 0 });
    expect(await tell(["export", "--verify", "b.ndjson"])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^b.ndjson is whole: 1 keys/),
    });
    expect(await tell(["doctor", "--data", "."])).toMatchObject({ code: 0 });
    expect(await tell(["peers"])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("node"),
    });
    expect(await stop()).toMatchObject({ code: 0 });
  });

  test("dev runs a ring of its own kind, and ends with it", async () => {
    const cwd = await temporaryFolder();
    const port = String(await freePort(3));
    const args = ["dev", "--port", port, "--store", "memory"];
    const dev = start(args, { cwd, command, runtime });
    await printed(dev, /Try:\n[\s\S]*status --node/);
    const url = `http://127.0.0.1:${port}`;
    await fetch(`${url}/db/k`, { method: "PUT", body: "v" });
    expect(await (await fetch(`${url}/db/k`)).text()).toBe("v");
    dev.child.kill("SIGINT");
    expect(await dev.finished).toMatchObject({ code: 0 });
    await expect(fetch(url)).rejects.toThrow();
  });
});
