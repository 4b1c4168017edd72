/** `ringwalk serve` as real processes: how a node starts, finds its ring, refuses, and ends. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { startMemoryNode, startMemoryRing } from "./in-process.ts";
import {
  freePort,
  mainPath,
  printed,
  run,
  served,
  start,
  startServing,
  temporaryFolder,
} from "./processes.ts";

/** Few partitions, so that joins take little of a busy machine. */
const small = ["--partitions", "16"];

/** For what comes by itself. */
const patience = { timeout: 60_000, interval: 50 };

const inMemory = ["--store", "memory"];

/** A node whose port the system chooses. */
function serve(name: string, ...more: string[]): string[] {
  return ["serve", "-n", name, "-p", "0", ...small, ...more];
}

/** A node on a port that is kept over restarts. */
function serveAt(port: string, ...more: string[]): string[] {
  return ["serve", "-p", port, ...small, ...more];
}

async function statusOf(url: string) {
  return (await fetch(`${url}/dht/status`)).json();
}

async function textOf(url: string): Promise<string> {
  return (await fetch(url)).text();
}

describe("a node by itself", () => {
  test("serves, drains when told to end, and has its data when it comes back with the same command", async () => {
    const cwd = await temporaryFolder();
    const port = String(await freePort());
    const first = await startServing(serveAt(port), { cwd });
    expect(first.url).toBe(`http://127.0.0.1:${port}`);
    await fetch(`${first.url}/db/k`, { method: "PUT", body: "v" });
    const stopped = await first.stop();
    expect(stopped).toMatchObject({
      code: 0,
      stdout: `node-${port} is ready at ${first.url}\n`,
    });
    expect(stopped.stderr).toMatch(
      new RegExp(`level=info .*msg=listening node=node-${port}`),
    );

    const second = await startServing(serveAt(port, "--log-format", "json"), {
      cwd,
    });
    expect(await textOf(`${second.url}/db/k`)).toBe("v");
    // As npm passes on what the terminal sent already: the second one is no hurry.
    second.child.kill("SIGINT");
    second.child.kill("SIGINT");
    const { code, stderr } = await second.finished;
    expect(code).toBe(0);
    expect(JSON.parse(stderr.split("\n")[0] ?? "")).toMatchObject({
      message: "listening",
    });
  });

  test("takes flags, variables and a file", async () => {
    const cwd = await temporaryFolder();
    const port = String(await freePort());
    await writeFile(
      join(cwd, "ring.json"),
      JSON.stringify({ zone: "z", missingStatus: 200, replicas: 1 }),
    );
    const node = await startServing(
      ["serve", ...small, "-n", "configured", "--config", "ring.json"],
      {
        cwd,
        env: {
          RINGWALK_PORT: port,
          RINGWALK_STORE: "memory",
          RINGWALK_WEIGHT: "2",
          RINGWALK_URL: "http://ring.example:1/n/",
        },
      },
    );
    expect(node.url).toBe("http://ring.example:1/n");
    const local = `http://127.0.0.1:${port}`;
    expect(await statusOf(local)).toMatchObject({
      settings: { replicaCount: 1 },
      members: [
        {
          name: "configured",
          url: node.url,
          zone: "z",
          weight: 2,
          guarantee: "volatile",
        },
      ],
    });
    expect((await fetch(`${local}/db/none`)).status).toBe(200);
  });

  test("keeps its data in a driver of unstorage, once somebody says what that promises", async () => {
    const cwd = await temporaryFolder();
    const store = `{ name: "map", getItem: (key) => items.get(key) ?? null, getItemRaw: (key) => items.get(key) ?? null,
      setItemRaw: (key, value) => void items.set(key, value), setItem: (key, value) => void items.set(key, value),
      removeItem: (key) => void items.delete(key), hasItem: (key) => items.has(key),
      getKeys: (base) => [...items.keys()].filter((key) => key.startsWith(base)) }`;
    const source = (more: string) =>
      `const items = new Map(); export default { store: ${store}${more} };`;
    await writeFile(join(cwd, "silent.mjs"), source(""));
    const refused = await run(serve("a", "--config", "silent.mjs"), { cwd });
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toMatch(
      /^usage: Say beside store what the driver promises/,
    );

    await writeFile(
      join(cwd, "volatile.mjs"),
      source(', guarantee: "volatile"'),
    );
    const node = await startServing(serve("a", "--config", "volatile.mjs"), {
      cwd,
    });
    await fetch(`${node.url}/db/k`, { method: "PUT", body: "v" });
    expect(await textOf(`${node.url}/db/k`)).toBe("v");
    expect(await statusOf(node.url)).toMatchObject({
      members: [{ guarantee: "volatile" }],
    });
  });

  test("founds an eventual ring when it is told to, which one that joins finds in it", async () => {
    const cwd = await temporaryFolder();
    const first = await startServing(
      serve("a", "--consistency", "eventual", ...inMemory),
      { cwd },
    );
    const second = await startServing(
      serve("b", "--join", first.url, ...inMemory),
      { cwd },
    );
    for (const { url } of [first, second])
      expect(await statusOf(url)).toMatchObject({
        settings: { consistency: "eventual" },
        members: [{}, {}],
      });
    await fetch(`${first.url}/db/k`, { method: "PUT", body: "v" });
    expect((await second.stop()).code).toBe(0);
    const read = await fetch(`${first.url}/db/k`);
    expect(await read.text()).toBe("v");
    expect(read.headers.get("ringwalk-consistency")).toBe("eventual");
    await first.stop();
  });

  test("ends when the process that started it is gone", async () => {
    const cwd = await temporaryFolder();
    const args = [mainPath, ...serve("child", ...inMemory)];
    const child = spawn(process.execPath, args, {
      cwd,
      stdio: ["ignore", "pipe", "ignore", "ipc"],
    });
    await printed({ child, finished: new Promise(() => {}) }, /is ready/);
    child.disconnect();
    expect(await once(child, "exit")).toEqual([0, null]);
  });
});

describe("--join", () => {
  test("waits for the ring, serving nothing of its own meanwhile; later the data folder is enough", async () => {
    const cwd = await temporaryFolder();
    const [portA, portB] = [String(await freePort()), String(await freePort())];
    const urlA = `http://127.0.0.1:${portA}`;
    const urlB = `http://127.0.0.1:${portB}`;
    const joining = serveAt(portB, "--join", urlA, "--join", urlB);
    const waiting = start(joining, { cwd });
    await printed(waiting, /waiting for the ring to join/, "stderr");
    await expect(fetch(urlB)).rejects.toThrow();
    const a = await startServing(serveAt(portA), { cwd });
    const b = await served(waiting);
    expect(await textOf(`${urlB}/dht/peers`)).toBe(
      `node-${portB}\r\nnode-${portA}\r\n`,
    );
    await fetch(`${urlB}/db/k`, { method: "PUT", body: "v" });
    await a.kill();
    await b.kill();

    // The ring is in the data folder: without its other half the node founds nothing, and waits for nobody.
    const again = await startServing(joining, { cwd });
    await startServing(serveAt(portA), { cwd });
    expect((await run(["get", "k", "--node", urlB])).stdout).toBe("v");
    expect(await statusOf(again.url)).toMatchObject({
      members: [{ url: urlB }, { url: urlA }],
    });
  });

  test("gives up when nobody answers in time, or when it is told to end", async () => {
    const cwd = await temporaryFolder();
    const nowhere = `http://127.0.0.1:${await freePort()}`;
    const late = await run(
      serve("late", "--join", nowhere, "--join-timeout", "0.3"),
      { cwd },
    );
    expect(late).toMatchObject({ code: 5, stdout: "" });
    expect(late.stderr).toMatch(
      /(?:^|\n)join_unreachable: No node of the ring to join answered in 0.3 s .*\n$/,
    );

    const stopped = start(serve("stopped", "--join", nowhere), { cwd });
    await printed(stopped, /waiting for the ring/, "stderr");
    stopped.child.kill("SIGTERM");
    expect(await stopped.finished).toMatchObject({ code: 0, stdout: "" });
  });

  test("brings a node back, empty, that was removed while it was down", async () => {
    const cwd = await temporaryFolder();
    const [one] = await startMemoryRing(["one", "two"]);
    const args = serveAt(String(await freePort()), "-n", "gone");
    const joining = [...args, "--join", one.url];
    const remove = () => run(["remove", "gone", "--node", one.url]);
    const first = await startServing(joining, { cwd });
    await fetch(`${first.url}/db/k`, { method: "PUT", body: "v" });
    await first.kill();
    expect(await remove()).toMatchObject({ code: 0 });
    await fetch(`${one.url}/db/k`, { method: "DELETE" });
    const again = await startServing(joining, { cwd });
    const isJoinedAgain = async () => {
      const { epoch, phase, activity } = await statusOf(again.url);
      const ring = one.node.status();
      return phase === "stable" && activity === "none" && epoch === ring.epoch;
    };
    await expect.poll(isJoinedAgain, patience).toBe(true);
    expect(one.node.peers()).toEqual(["one", "two", "gone"]);
    expect((await fetch(`${again.url}/db/k`)).status).toBe(404);
    await again.kill();

    // Without --join it says what is so, and what to do.
    expect(await remove()).toMatchObject({ code: 0 });
    const silent = await startServing(args, { cwd });
    await expect
      .poll(async () => (await statusOf(silent.url)).activity, patience)
      .toBe("removed");
    expect((await fetch(`${silent.url}/db/k`)).status).toBe(503);
    expect((await silent.stop()).stderr).toMatch(
      /removed this node.*ringwalk join/,
    );
    // By now it knows: with --join it joins before it is ready.
    const last = await startServing(joining, { cwd });
    expect(await textOf(`${last.url}/dht/peers`)).toBe(
      "gone\r\none\r\ntwo\r\n",
    );
  });

  test("is refused with the reason when the ring will not have the node", async () => {
    const cwd = await temporaryFolder();
    const ring = await startMemoryNode({ name: "taken" });
    const refused = (name: string, ...more: string[]) =>
      run(serve(name, "--join", ring.url, ...more), { cwd }).then(
        ({ code, stdout, stderr }) => ({
          code,
          stdout,
          reason: stderr.trimEnd().split("\n").at(-1),
        }),
      );
    expect(await refused("other", "--replicas", "2")).toEqual({
      code: 1,
      stdout: "",
      reason: expect.stringMatching(
        /^join_settings_differ: .*replicaCount is 3, not 2/,
      ),
    });
    expect(await refused("taken")).toEqual({
      code: 1,
      stdout: "",
      reason: expect.stringMatching(/^name_taken: /),
    });
    expect(await textOf(`${ring.url}/dht/peers`)).toBe("taken\r\n");
  });
});

describe("a node that lost its data", () => {
  test("comes back under its name with --replace, and not without", async () => {
    const cwd = await temporaryFolder();
    const [ring] = await startMemoryRing(["one", "two"]);
    const port = String(await freePort());
    const args = serveAt(port, "-n", "lossy", "--join", ring.url);
    const first = await startServing(args, { cwd });
    const url = `${first.url}/db/k`;
    await fetch(url, { method: "PUT", body: "v" });
    await first.kill();
    await rm(join(cwd, ".ringwalk"), { recursive: true });

    const refused = await run(args, { cwd });
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toMatch(/\nname_taken: .*--replace/);
    await startServing([...args, "--replace"], { cwd });
    expect(await textOf(url)).toBe("v");
    expect(await textOf(`${ring.url}/dht/peers`)).toBe(
      "one\r\ntwo\r\nlossy\r\n",
    );
  });

  test("replaces itself when it keeps its data in memory", async () => {
    const cwd = await temporaryFolder();
    const [ring] = await startMemoryRing(["one", "two"]);
    const port = String(await freePort());
    const args = [
      ...serveAt(port, "-n", "forgetful", "--join", ring.url),
      ...inMemory,
    ];
    const first = await startServing(args, { cwd });
    const url = `${first.url}/db/k`;
    await fetch(url, { method: "PUT", body: "v" });
    await first.kill();
    await startServing(args, { cwd });
    expect(await textOf(url)).toBe("v");
    expect(await textOf(`${ring.url}/dht/peers`)).toBe(
      "one\r\ntwo\r\nforgetful\r\n",
    );
  });

  test("is not kept waiting for ever by a ring that lost its majority", async () => {
    const cwd = await temporaryFolder();
    const ring = await startMemoryNode({ name: "half" });
    const port = String(await freePort());
    const args = [
      ...serveAt(port, "-n", "other", "--join", ring.url),
      ...inMemory,
    ];
    const first = await startServing(args, { cwd });
    await first.kill();
    const late = await run([...args, "--join-timeout", "1"], { cwd });
    expect(late).toMatchObject({ code: 5, stdout: "" });
    expect(late.stderr).toMatch(
      /\nno_quorum: The ring answers, but has not admitted this node/,
    );
  });
});

describe("what cannot start", () => {
  test("says so in one line: a port or a data folder in use", async () => {
    const cwd = await temporaryFolder();
    const node = await startServing(serve("first"), { cwd });
    const { port } = new URL(node.url);
    const samePort = await run(serveAt(port, "-n", "second"), { cwd });
    expect(samePort).toMatchObject({ code: 1, stdout: "" });
    expect(samePort.stderr).toMatch(
      new RegExp(`^port_in_use: Port ${port} .*\\n$`),
    );
    const sameFolder = await run(serve("first"), { cwd });
    expect(sameFolder).toMatchObject({ code: 1, stdout: "" });
    expect(sameFolder.stderr).toMatch(/^data_folder_in_use: .*\n$/);
    expect(await textOf(`${node.url}/dht/peers`)).toBe("first\r\n");
  });
});

describe("a secret", () => {
  test("is asked of nodes, and of commands that show no token", async () => {
    const cwd = await temporaryFolder();
    const ring = await startMemoryNode({ name: "guarded", secret: "s3cret" });
    const stranger = await run(
      serve("stranger", "--join", ring.url, "--join-timeout", "0.1"),
      { cwd },
    );
    expect(stranger.code).not.toBe(0);
    const member = await startServing(serve("member", "--join", ring.url), {
      cwd,
      env: { RINGWALK_SECRET: "s3cret" },
    });
    const at = ["--node", member.url];
    const put = ["put", "k", "v", ...at];
    for (const flags of [[], ["--secret", "wrong"], ["--token", "wrong"]]) {
      const refused = await run([...put, ...flags]);
      expect(refused).toMatchObject({ code: 1, stdout: "" });
      expect(refused.stderr).toMatch(/^unauthorized: /);
    }
    // A flag goes before a variable, whichever of the two it is.
    const env = { RINGWALK_TOKEN: "wrong", RINGWALK_SECRET: "wrong" };
    for (const flag of ["--secret", "--token"])
      expect(await run([...put, flag, "s3cret"], { env })).toMatchObject({
        code: 0,
      });
    for (const name of ["RINGWALK_TOKEN", "RINGWALK_SECRET"])
      expect(await run(put, { env: { [name]: "s3cret" } })).toMatchObject({
        code: 0,
      });
    const refused = await run(["leave", ...at, "--secret", "wrong"]);
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toMatch(/^unauthorized: /);
    const left = await run(["leave", ...at, "--secret", "s3cret"]);
    expect(left).toMatchObject({ code: 0 });
    const peers = await run(["peers", "--node", ring.url], {
      env: { RINGWALK_TOKEN: "s3cret" },
    });
    expect(peers.stdout).toBe("guarded\n");
  });
});
