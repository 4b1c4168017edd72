/** What a runtime's server has to do as a process: serve, refuse, end gracefully, and come back with everything. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { valueBytesDefault } from "../../src/core/limits.ts";
import { answerOf, call, get, put, statusOf } from "../e2e/calls.ts";
import { mainPath, type Nodes, nodesIn } from "../e2e/nodes.ts";
import { until } from "../e2e/until.ts";
import { nodeSuite } from "./node.ts";
import { type RawDeviations, rawRequestSuite } from "./node-raw.ts";
import { type Runtime, runtimeCommands } from "./runtimes.ts";

const secret = "correct-horse-battery-staple";

/** Runs the conformance suites, and what is asked of a process, against `serve` on this runtime. */
export function serverProcessSuite(
  runtime: Runtime,
  deviations: RawDeviations,
): void {
  async function newNodes(): Promise<Nodes> {
    const folder = await mkdtemp(join(tmpdir(), `ringwalk-${runtime}-`));
    const nodes = nodesIn(folder, {
      partitions: 32,
      runtimes: { node: runtime },
    });
    return {
      ...nodes,
      async end() {
        await nodes.end();
        await rm(folder, { recursive: true, force: true });
      },
    };
  }

  async function nodesForTest(): Promise<Nodes> {
    const nodes = await newNodes();
    onTestFinished(nodes.end);
    return nodes;
  }

  async function start(...more: string[]) {
    const nodes = await newNodes();
    try {
      const { url } = await nodes.start("node", ...more);
      return { url, close: nodes.end };
    } catch (error) {
      await nodes.end();
      throw error;
    }
  }

  nodeSuite(
    `a ${runtime} process with a secret`,
    { missingStatus: 404, valueBytesMax: valueBytesDefault, secret },
    async () => ({
      ...(await start("--secret", secret)),
      fetch: (target, init) => fetch(target, init),
    }),
  );

  rawRequestSuite(`a ${runtime} process`, deviations, start);

  describe(`serve on ${runtime}`, { timeout: 60_000 }, () => {
    test("says that a port is in use, or an address another machine's", async () => {
      const nodes = await nodesForTest();
      const other = createServer().listen(0, "127.0.0.1");
      onTestFinished(() => void other.close());
      await new Promise((resolve) => other.once("listening", resolve));
      const { port } = other.address() as AddressInfo;
      // A runtime may let its own servers share a port, and no others.
      const ofItsKind = await nodes.start("node", "--store", "memory");
      for (const taken of [port, ofItsKind.port])
        await expect(nodes.start("node", "-p", String(taken))).rejects.toThrow(
          /port_in_use: Port \d+ on 127\.0\.0\.1 is in use/,
        );
      // RFC 5737: this block is nobody's.
      const elsewhere = ["-k", "203.0.113.1", "--insecure"];
      await expect(nodes.start("node", ...elsewhere)).rejects.toThrow(
        /cannot_listen: Cannot listen on 203\.0\.113\.1, port 0 \(EADDRNOTAVAIL\)/,
      );
    });

    test("ends gracefully when told to: idle connections do not hold it up, and its data are there again", async () => {
      const nodes = await nodesForTest();
      const node = await nodes.start("node");
      await put(node, "kept", "by SIGTERM");
      const { ringId } = await statusOf(node);
      const { ended } = await keepAlive(node.port);
      const { code, signal, stderr } = await node.stop();
      expect({ code, signal }).toEqual({ code: 0, signal: null });
      expect(stderr).toMatch(/msg=closed/);
      await ended;
      await node.restart();
      expect(await get(node, "kept")).toBe("200 by SIGTERM");
      expect((await statusOf(node)).ringId).toBe(ringId);
    });

    test("answers what is under way before it ends, and tells that the connection ends", async () => {
      const nodes = await nodesForTest();
      const node = await nodes.start("node");
      await put(node, "k", "before");
      const { socket, received, ended } = await keepAlive(node.port);
      socket.write(
        "PUT /db/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\naf",
      );
      // An answer to a later request tells that the first bytes of this one have arrived.
      await get(node, "k");
      const stopped = node.stop();
      await until(() => refuses(node.port), "no new connection is taken");
      socket.write("ter");
      await ended;
      const answer = received().slice(received().lastIndexOf("HTTP/1.1 "));
      // Whether the drained node still takes a write or turns it away, it says so.
      expect(answer).toMatch(/^HTTP\/1\.1 (200|503) /);
      expect(answer).toMatch(/\r\nringwalk: 1\r\n/i);
      expect(answer).toMatch(/\r\nconnection: close\r\n/i);
      const { code, signal } = await stopped;
      expect({ code, signal }).toEqual({ code: 0, signal: null });
      await node.restart();
      const isWritten = answer.startsWith("HTTP/1.1 200 ");
      expect(await get(node, "k")).toBe(isWritten ? "200 after" : "200 before");
    });

    test("cuts off what does not end", async () => {
      const nodes = await nodesForTest();
      const node = await nodes.start("node");
      const { socket, ended } = await keepAlive(node.port);
      socket.write(
        "PUT /db/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n",
      );
      const { code, signal, stderr } = await node.stop();
      expect({ code, signal }).toEqual({ code: 0, signal: null });
      expect(stderr).toMatch(/msg=closed/);
      await ended;
    });

    test("killed, it comes back with everything that was acknowledged", async () => {
      const nodes = await nodesForTest();
      const node = await nodes.start("node");
      const large = "v".repeat(valueBytesDefault);
      await put(node, "large", large);
      for (let version = 1; version <= 20; version++)
        await put(node, "k", `version ${version}`);
      await node.kill();
      await node.restart();
      expect(await get(node, "k")).toBe("200 version 20");
      expect(await get(node, "large")).toBe(`200 ${large}`);
    });

    test("ends when the process that started it is gone", async () => {
      const { folder } = await nodesForTest();
      const [command, ...before] = runtimeCommands[runtime];
      const args = [...before, mainPath, "serve", "-n", "node", "-p", "0"];
      const child = spawn(command, args, {
        cwd: folder,
        stdio: ["ignore", "pipe", "ignore", "ipc"],
      });
      onTestFinished(() => void child.kill("SIGKILL"));
      const ended = new Promise((resolve) => child.once("exit", resolve));
      await new Promise((resolve) => child.stdout?.once("data", resolve));
      child.disconnect();
      expect(await ended).toBe(0);
    });

    test("values of a mebibyte and more travel both ways, and nothing is compressed", async () => {
      const nodes = await nodesForTest();
      const bytesMax = 16 * 2 ** 20;
      const node = await nodes.start("node", "--value-max", String(bytesMax));
      const value = "x".repeat(bytesMax);
      await put(node, "large", value);
      const response = await call(node, "/db/large", {
        headers: { "accept-encoding": "gzip, br" },
      });
      expect(response.headers.get("content-encoding")).toBeNull();
      expect(response.headers.get("content-length")).toBe(String(bytesMax));
      expect(await answerOf(response)).toBe(`200 ${value}`);
    });
  });
}

/** A connection that had an answer and stays open. */
async function keepAlive(port: number) {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  let text = "";
  socket.setEncoding("latin1");
  const ended = new Promise<void>((resolve) => socket.once("close", resolve));
  socket.on("data", (chunk) => {
    text += chunk;
  });
  socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await until(() => text.endsWith("ringwalk\r\n"), "it is answered");
  return { socket, received: () => text, ended };
}

function refuses(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(false);
    });
    socket.once("error", () => resolve(true));
  });
}
