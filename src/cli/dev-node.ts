/** One node of `ringwalk dev`: a process of its own that ends with this one. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { ownCommand } from "../runtime/this-runtime.ts";

/** A running `ringwalk serve`; who started it stops it, and it ends with this process in any case. */
export interface DevNode {
  readonly name: string;
  readonly url: string;
  /** Absent when the process could not be started. */
  readonly pid: number | undefined;
  /** Resolves when the node serves its ring; rejects when it ends before that. */
  readonly ready: Promise<void>;
  /** Resolves when the process has ended, with a sentence that says how. */
  readonly ended: Promise<string>;
  /** Asks the process to drain and end, and ends it when it does not. */
  stop(): Promise<void>;
}

/** A node that drains needs less; then it hangs. */
const stopTimeoutMs = 15_000;

/** Starts `ringwalk serve` with these arguments; `onLog` gets each line of its log. */
export function startDevNode(options: {
  readonly name: string;
  readonly url: string;
  readonly args: readonly string[];
  readonly onLog: (line: string) => void;
}): DevNode {
  const { name, url, args, onLog } = options;
  const [command, ...before] = ownCommand();
  const child = spawn(command, [...before, "serve", ...args], {
    // The channel closes when this process is gone, however it went; then the node stops by itself.
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    // A group of its own: the terminal's Ctrl-C comes here, and is passed on once.
    detached: true,
    env: environment(),
  });
  const ended = endOf(child);
  const ready = new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    linesOf(child.stdout, (line) => {
      if (line.startsWith(`${name} is ready at `)) resolve();
    });
    void ended.then((how) => reject(new Error(`${name} ${how}`)));
  });
  // Whoever waits for it sees the error; a node that is stopped before it was ready is none.
  ready.catch(() => {});
  linesOf(child.stderr, onLog);
  return {
    name,
    url,
    pid: child.pid,
    ready,
    ended,
    stop: () => stop(child, ended),
  };
}

async function stop(child: ChildProcess, ended: Promise<string>) {
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMs);
  await ended;
  clearTimeout(timer);
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) =>
      resolve(`could not be started: ${error.message}`),
    );
    child.once("close", (code, signal) =>
      resolve(
        signal === null ? `ended with code ${code}` : `was ended by ${signal}`,
      ),
    );
  });
}

function linesOf(
  stream: NodeJS.ReadableStream | null,
  onLine: (line: string) => void,
): void {
  if (stream) createInterface({ input: stream }).on("line", onLine);
}

/** Settings of the caller's environment would be every node's; flags say all that counts. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith("RINGWALK_") || name === "RINGWALK_DEBUG",
  );
  return Object.fromEntries(kept);
}
