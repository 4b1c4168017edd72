/** A ring of three `ringwalk serve` processes for a whole test file; the ports are the system's. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

/** What runs as `ringwalk`. */
export const mainPath = resolve("src/cli/main.ts");

/** Its processes run until `close`. */
export interface ServedRing {
  readonly urls: readonly string[];
  /** Ends the processes as an operator does, and waits. */
  close(): Promise<void>;
}

/** Starts nodes of these names one after the other, each with its data below `folder`. */
export async function serveRing(
  names: readonly string[],
  folder: string,
): Promise<ServedRing> {
  const children: ChildProcess[] = [];
  const close = async () => {
    const running = children.filter(({ exitCode }) => exitCode === null);
    const ends = running.map((child) => once(child, "close"));
    for (const child of running) child.kill("SIGTERM");
    await Promise.all(ends);
  };
  const urls: string[] = [];
  try {
    for (const name of names) {
      const child = spawnNode(name, folder, urls[0]);
      children.push(child);
      urls.push(await urlOf(child));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { urls, close };
}

function spawnNode(
  name: string,
  folder: string,
  member: string | undefined,
): ChildProcess {
  const args = [
    ...["serve", "--port", "0", "--name", name],
    ...["--data", join(folder, name), "--log-level", "error"],
    // Few, so that the many joins and leaves of a page take no time.
    ...["--partitions", "64"],
    ...(member === undefined ? [] : ["--join", member]),
  ];
  const settings = Object.entries(process.env).filter(
    ([variable]) => !variable.startsWith("RINGWALK_"),
  );
  return spawn(process.execPath, [mainPath, ...args], {
    env: Object.fromEntries(settings),
    stdio: ["ignore", "pipe", "inherit"],
  });
}

/** Where the node says that it is ready. */
function urlOf(child: ChildProcess): Promise<string> {
  return new Promise((ready, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`it ended with ${code}`)));
    if (!child.stdout) return;
    createInterface({ input: child.stdout }).on("line", (line) => {
      const [, url] = /is ready at (http\S+)/.exec(line) ?? [];
      if (url !== undefined) ready(url);
    });
  });
}
