/** A ring of three `serve` processes, and the examples as processes beside it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { type NodeProcess, nodesIn } from "../e2e/nodes.ts";

export interface ExampleRing {
  readonly nodes: readonly NodeProcess[];
  readonly urls: readonly string[];
  /** Belongs to the test; it is removed with the ring. */
  readonly folder: string;
  /** Starts `examples/NAME`, or a program by its whole path, on the ring, as its reader would. */
  run(name: string, ...args: readonly string[]): Example;
  close(): Promise<void>;
}

export interface Example {
  readonly process: ChildProcess;
  /** The next line that holds the text; lines before it are dropped. Rejects when it ends without. */
  line(text: string): Promise<string>;
  /** Its exit code, when it has ended. */
  readonly ended: Promise<number | null>;
}

export async function startExampleRing(): Promise<ExampleRing> {
  const folder = await mkdtemp(join(tmpdir(), "ringwalk-examples-"));
  const ring = nodesIn(folder, { partitions: 16 });
  const examples: ChildProcess[] = [];
  const nodes = await ring.startRing(["a", "b", "c"]);
  const urls = nodes.map(({ url }) => url);
  return {
    nodes,
    urls,
    folder,
    run(name, ...args) {
      const example = startExample(name, args, { folder, urls });
      examples.push(example.process);
      return example;
    },
    async close() {
      for (const child of examples) child.kill("SIGKILL");
      await ring.end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function startExample(
  name: string,
  args: readonly string[],
  { folder, urls }: Pick<ExampleRing, "folder" | "urls">,
): Example {
  // What is built elsewhere has the package's built files.
  const conditions = isAbsolute(name) ? [] : ["--conditions=ringwalk-source"];
  const child = spawn(
    process.execPath,
    [...conditions, resolve("examples", name), ...args],
    {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        NODE_NO_WARNINGS: "1",
        RINGWALK_NODE: urls.join(","),
        HOST: "127.0.0.1",
        PORT: "0",
      },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const lines = createInterface({ input: child.stdout })[
    Symbol.asyncIterator
  ]();
  return {
    process: child,
    ended: once(child, "close").then(([code]) => code),
    async line(text) {
      for (;;) {
        const { done, value = "" } = await lines.next();
        if (done) throw new Error(`${name} ended without "${text}"`);
        if (value.includes(text)) return value;
      }
    },
  };
}

/** Where nobody listens. */
export async function urlOfNobody(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return `http://127.0.0.1:${port}`;
}
