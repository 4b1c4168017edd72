/** The command line as people run it: real processes, each ended by the test that started it. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { type Runtime, runtimeCommands } from "../suite/runtimes.ts";

export { freePort } from "./free-port.ts";

export const mainPath = resolve("src/cli/main.ts");

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Written to standard input, which then ends; without it there is none. */
  readonly input?: string | Uint8Array;
  /** What runs instead of `src/cli/main.ts`, with arguments for the runtime before it. */
  readonly command?: readonly string[];
  /** Node.js unless given. */
  readonly runtime?: Runtime;
}

export interface Running {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
}

/** Starts `ringwalk ARGS`, without the settings of whoever runs the tests; ended at the latest with the test. */
export function start(
  args: readonly string[],
  options: StartOptions = {},
): Running {
  const { cwd, env, input, command = [mainPath], runtime } = options;
  const [program, ...before] = runtimeCommands[runtime ?? "nodejs"];
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith("RINGWALK_"),
  );
  const child = spawn(program, [...before, ...command, ...args], {
    cwd,
    env: { ...Object.fromEntries(inherited), NO_COLOR: "1", ...env },
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  child.stdin?.end(input);
  const finished = Promise.all([
    outputOf(child.stdout),
    outputOf(child.stderr),
    new Promise<[number | null, NodeJS.Signals | null]>((ended) =>
      child.once("close", (code, signal) => ended([code, signal])),
    ),
  ]).then(([stdout, stderr, [code, signal]]) => ({
    code,
    signal,
    stdout,
    stderr,
  }));
  // A test that closes a stream early has no use for this, and does not wait for it.
  finished.catch(() => {});
  return { child, finished };
}

function outputOf(stream: Readable | null): Promise<string> {
  return stream ? text(stream) : Promise.resolve("");
}

/** Why there are no terminals here; absent where there are. */
export const noTerminals = spawnSync("script", ["--version"]).error?.message;

export interface Terminal {
  /** All that was shown so far, with its control characters. */
  readonly shown: () => string;
  /** Types into it; "\x03" is Ctrl-C. */
  readonly type: (text: string) => void;
  readonly ended: Promise<number | null>;
}

/** Runs `ringwalk ARGS` in a terminal (that of util-linux's `script`), 100 columns wide; ended at the latest with the test. */
export function startInTerminal(
  args: readonly string[],
  { cwd, env }: Pick<StartOptions, "cwd" | "env"> = {},
): Terminal {
  const [program, ...before] = runtimeCommands.nodejs;
  const quoted = [program, ...before, mainPath, ...args].map(
    (part) => `'${part}'`,
  );
  const inherited = Object.entries(process.env).filter(
    ([name]) =>
      !/^(RINGWALK_|NO_COLOR$|FORCE_COLOR$|CI$|SSH_|BROWSER$)/.test(name),
  );
  const child = spawn(
    "script",
    ["-qefc", `stty cols 100 rows 40; exec ${quoted.join(" ")}`, "/dev/null"],
    {
      cwd,
      env: { ...Object.fromEntries(inherited), TERM: "xterm", ...env },
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
  onTestFinished(() => void child.kill("SIGKILL"));
  let shown = "";
  child.stdout.on("data", (chunk: Buffer) => {
    shown += chunk;
  });
  return {
    shown: () => shown,
    type: (text) => void child.stdin.write(text),
    ended: new Promise((resolve) => child.once("close", resolve)),
  };
}

/** Runs `ringwalk ARGS` to its end. */
export function run(
  args: readonly string[],
  options?: StartOptions,
): Promise<Finished> {
  return start(args, options).finished;
}

export interface Served extends Running {
  readonly url: string;
  /** Ends the node as an operator does, and waits. */
  readonly stop: () => Promise<Finished>;
  /** Ends it without a warning, and waits. */
  readonly kill: () => Promise<Finished>;
}

/** Starts `ringwalk serve` or `dev`, and waits until it is ready. */
export async function startServing(
  args: readonly string[],
  options?: StartOptions,
): Promise<Served> {
  return served(start(args, options));
}

/** Waits until the process says that it is ready, and where. */
export async function served(running: Running): Promise<Served> {
  const { child, finished } = running;
  const end = (signal: NodeJS.Signals) => () => {
    child.kill(signal);
    return finished;
  };
  const url = await printed(running, /is ready at (http\S+)/);
  return {
    child,
    finished,
    url,
    stop: end("SIGTERM"),
    kill: end("SIGKILL"),
  };
}

/** The first group of `pattern` in what the process prints; rejects when it ends without. */
export function printed(
  { child, finished }: Running,
  pattern: RegExp,
  stream: "stdout" | "stderr" = "stdout",
): Promise<string> {
  return new Promise((resolve, reject) => {
    let seen = "";
    child[stream]?.on("data", (chunk: Buffer) => {
      seen += chunk;
      const match = pattern.exec(seen);
      if (match) resolve(match[1] ?? match[0]);
    });
    void finished.then(({ code, stderr }) =>
      reject(
        new Error(
          `it ended with ${code} before it printed ${pattern}: ${stderr}`,
        ),
      ),
    );
  });
}

/** A folder that is gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "ringwalk-cli-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
