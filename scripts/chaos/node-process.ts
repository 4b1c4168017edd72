/** One `ringwalk serve` process at its place: started, killed, paused, and started again with its data alone. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mainPath } from "../../test/e2e/nodes.ts";
import type { Place } from "./network.ts";
import { secret } from "./secret.ts";

export interface NodeProcess {
  readonly name: string;
  readonly place: Place;
  /** Resolves when it serves; rejects when it ends without. */
  start(...more: string[]): Promise<void>;
  /** Without a warning; resolves when it is gone. */
  kill(): Promise<void>;
  pause(): void;
  resume(): void;
}

export interface NodeProcessOptions {
  readonly name: string;
  readonly place: Place;
  /** Its working directory: data and logs. */
  readonly folder: string;
  /** More flags of `serve`, given at every start. */
  readonly flags: readonly string[];
  /** It ended, and nobody had killed it. */
  readonly onCrash: (how: string) => void;
}

export function createNodeProcess(options: NodeProcessOptions): NodeProcess {
  const { name, place } = options;
  let child: ChildProcess | undefined;
  let ended = Promise.resolve();
  let isKilled = false;

  return {
    name,
    place,
    async start(...more) {
      isKilled = false;
      const started = spawnServe(options, more);
      child = started;
      ended = new Promise((resolve) =>
        started.once("close", (code, signal) => {
          if (!isKilled)
            options.onCrash(`${name} ended with ${code ?? signal}`);
          resolve();
        }),
      );
      await ready(started);
    },
    async kill() {
      isKilled = true;
      child?.kill("SIGKILL");
      await ended;
    },
    pause: () => void child?.kill("SIGSTOP"),
    resume: () => void child?.kill("SIGCONT"),
  };
}

/** Without the settings of whoever runs this. */
function spawnServe(
  { name, place, folder, flags }: NodeProcessOptions,
  more: readonly string[],
): ChildProcess {
  const { host, port, peerUrl, prefix } = place;
  const inherited = Object.entries(process.env).filter(
    ([variable]) => !variable.startsWith("RINGWALK_"),
  );
  const where = ["-n", name, "-k", host, "-p", String(port), "--url", peerUrl];
  const [command = process.execPath, ...args] = [
    ...prefix,
    process.execPath,
    mainPath,
    "serve",
    ...where,
    ...flags,
    ...more,
  ];
  const log = openSync(`${folder}/${name}.log`, "a");
  try {
    return spawn(command, args, {
      cwd: folder,
      env: { ...Object.fromEntries(inherited), RINGWALK_SECRET: secret },
      // The channel closes when this process is gone, however it went; then the node ends by itself.
      stdio: ["ignore", "pipe", log, "ipc"],
    });
  } finally {
    closeSync(log);
  }
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let seen = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      seen = (seen + chunk).slice(-4096);
      if (/is ready at http\S+\n/.test(seen)) resolve();
    });
    child.once("error", reject);
    child.once("close", () => reject(new Error("it ended before it served")));
  });
}
