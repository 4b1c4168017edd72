/** Starts the servers that the bench compares, each in a process of its own, and ends them by their ids. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";

export interface Server {
  readonly url: string;
  readonly pid: number;
  /** Milliseconds from the start of the process to its first answer. */
  readonly startMs: number;
  /** Resident memory in bytes, as the operating system counts it. */
  residentBytes(): number;
  stop(): Promise<void>;
}

/** Starts a command and waits until `url` answers. */
export async function startServer(options: {
  readonly command: string;
  readonly args: readonly string[];
  readonly url: string;
  readonly env?: NodeJS.ProcessEnv;
}): Promise<Server> {
  const startedAt = performance.now();
  const child = spawn(options.command, options.args, {
    stdio: ["ignore", "ignore", "ignore"],
    env: { ...process.env, ...options.env },
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`cannot start ${options.command}`);
  await untilAnswers(options.url, child);
  return {
    url: options.url,
    pid,
    startMs: performance.now() - startedAt,
    residentBytes: () => residentBytesOf(pid),
    stop: () => stop(child),
  };
}

async function untilAnswers(url: string, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (performance.now() < deadline) {
    if (child.exitCode !== null)
      throw new Error(`the server at ${url} ended with ${child.exitCode}`);
    try {
      await (await fetch(url)).arrayBuffer();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  child.kill("SIGKILL");
  throw new Error(`nothing answers at ${url}`);
}

function residentBytesOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}

function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null)
    return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
    setTimeout(() => child.kill("SIGKILL"), 10_000).unref();
  });
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const { createServer } = await import("node:net");
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
