/** Nodes as operators run them: `serve` processes that can be stopped, killed, paused and started again. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { type Runtime, runtimeCommands } from "../suite/runtimes.ts";
import { until } from "./until.ts";

export const mainPath = resolve(import.meta.dirname, "../../src/cli/main.ts");

export interface NodeOptions {
  readonly store?: "memory" | "fs" | "sqlite";
  readonly replicas?: number;
  readonly partitions?: number;
  readonly missingStatus?: 404 | 200;
  /** Which runtime each node runs on, by its name; Node.js where it is absent. */
  readonly runtimes?: Readonly<Record<string, Runtime>>;
}

/** What a test needs of a node, process or not. */
export interface Reachable {
  readonly name: string;
  readonly url: string;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface NodeProcess extends Reachable {
  readonly port: number;
  /** Where the node keeps its data. */
  readonly folder: string;
  /** Ends it as an operator does, and waits. */
  stop(): Promise<Ended>;
  /** Ends it without a warning, and waits. */
  kill(): Promise<Ended>;
  /** Starts it again on the same port, with its data folder and nothing else. */
  restart(...more: string[]): Promise<void>;
  /** Stops it in its tracks: its connections stay open, and nobody answers. */
  pause(): Promise<void>;
  resume(): void;
}

export interface Nodes {
  /** The working directory of all nodes: each has its data in a folder of its own name. */
  readonly folder: string;
  /** Starts a node on a port that the system chooses, and waits until it serves. */
  start(name: string, ...more: string[]): Promise<NodeProcess>;
  /** Starts nodes that form a ring: the first founds it, the others join it. */
  startRing(names: readonly string[]): Promise<NodeProcess[]>;
  /** Kills what still runs. */
  end(): Promise<void>;
}

/** Nodes whose data are under `folder`; the caller ends them. */
export function nodesIn(folder: string, options: NodeOptions): Nodes {
  const running = new Set<Serving>();

  async function serve(name: string, port: number, more: readonly string[]) {
    const place = ["-n", name, "-p", String(port)];
    const runtime = options.runtimes?.[name] ?? "nodejs";
    const serving = spawnServe(
      runtime,
      [...place, ...flagsOf(options), ...more],
      folder,
    );
    running.add(serving);
    void serving.ended.then(() => running.delete(serving));
    return { serving, url: await readyAt(serving) };
  }

  async function start(name: string, ...more: string[]): Promise<NodeProcess> {
    const first = await serve(name, 0, more);
    const { url } = first;
    let { child, ended } = first.serving;
    const port = Number(new URL(url).port);
    const end = (signal: NodeJS.Signals) => () => {
      child.kill(signal);
      return ended;
    };
    return {
      name,
      url,
      port,
      folder: join(folder, ".ringwalk", name),
      stop: end("SIGTERM"),
      kill: end("SIGKILL"),
      async restart(...again) {
        ({ child, ended } = (await serve(name, port, again)).serving);
      },
      async pause() {
        child.kill("SIGSTOP");
        await until(() => isStopped(child.pid), "the process stands still");
      },
      resume: () => void child.kill("SIGCONT"),
    };
  }

  return {
    folder,
    start,
    async startRing([founderName = "", ...names]) {
      const founder = await start(founderName);
      const join = (name: string) => start(name, "--join", founder.url);
      return [founder, ...(await Promise.all(names.map(join)))];
    },
    async end() {
      const all = [...running];
      for (const { child } of all) child.kill("SIGKILL");
      await Promise.all(all.map(({ ended }) => ended));
    },
  };
}

function flagsOf(options: NodeOptions): readonly string[] {
  const flags = {
    store: options.store,
    replicas: options.replicas,
    partitions: options.partitions,
    "missing-status": options.missingStatus,
  };
  return Object.entries(flags).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, String(value)],
  );
}

interface Serving {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Without the settings of whoever runs this. */
function spawnServe(
  runtime: Runtime,
  args: readonly string[],
  cwd: string,
): Serving {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith("RINGWALK_"),
  );
  const [command, ...before] = runtimeCommands[runtime];
  const child = spawn(command, [...before, mainPath, "serve", ...args], {
    cwd,
    env: Object.fromEntries(inherited),
    // The channel closes when this process is gone, however it went; then the node ends by itself.
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  child.channel?.unref();
  const closed = new Promise<Pick<Ended, "code" | "signal">>((resolve) =>
    child.once("close", (code, signal) => resolve({ code, signal })),
  );
  const ended = Promise.all([
    closed,
    textOf(child.stdout),
    textOf(child.stderr),
  ]);
  return {
    child,
    ended: ended.then(([how, stdout, stderr]) => ({ ...how, stdout, stderr })),
  };
}

function textOf(stream: Readable | null): Promise<string> {
  return stream ? text(stream) : Promise.resolve("");
}

/** The url in the line that tells that the node serves; rejects when it ends without. */
function readyAt({ child, ended }: Serving): Promise<string> {
  return new Promise((resolve, reject) => {
    let seen = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      seen += chunk;
      const [, url] = /is ready at (http\S+)\n/.exec(seen) ?? [];
      if (url !== undefined) resolve(url);
    });
    void ended.then(({ code, signal, stderr }) =>
      reject(
        new Error(`it ended (${code ?? signal}) before it served: ${stderr}`),
      ),
    );
  });
}

/** A signal is on its way for a moment; Linux tells when it has arrived, and elsewhere it is taken to have. */
async function isStopped(pid: number | undefined): Promise<boolean> {
  if (process.platform !== "linux") return true;
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  return /\) T /.test(stat);
}
