/** Starts `child.ts` as a process of its own, and ends it when the test ends. */

import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { scriptCommand } from "../../src/runtime/this-runtime.ts";

/** A running child. */
export interface Child {
  /** What it has said so far, a line each. */
  readonly lines: readonly string[];
  /** Resolves when a line passes; rejects when the process ends without one. */
  until(passes: (line: string) => boolean): Promise<string>;
  /** Ends it as a power switch would, and resolves when all that it said has been read. */
  kill(): Promise<void>;
  /** Resolves with its exit code. */
  readonly ended: Promise<number | null>;
}

/** What the child is to do, and how it runs. */
export interface ChildOptions {
  readonly task: string;
  readonly kind: string;
  readonly folder: string;
  /** A command that runs the one that follows it. */
  readonly wrapper?: readonly string[];
  /** Lets the process give up root's rights. */
  readonly asNobody?: boolean;
}

/** Starts the task in a process of its own. */
export function startChild(options: ChildOptions): Child {
  const file = fileURLToPath(new URL("child.ts", import.meta.url));
  const { task, kind, folder, wrapper = [], asNobody } = options;
  const [command = "", ...args] = [
    ...wrapper,
    ...scriptCommand(),
    file,
    task,
    kind,
    folder,
    ...(asNobody ? ["nobody"] : []),
  ];
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  return watch(child);
}

function watch(child: ChildProcess): Child {
  const lines: string[] = [];
  const listeners = new Set<() => void>();
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (child.stdout)
    createInterface({ input: child.stdout }).on("line", (line) => {
      lines.push(line);
      for (const listener of listeners) listener();
    });

  return {
    lines,
    ended,
    until: (passes) =>
      new Promise((resolve, reject) => {
        let next = 0;
        const look = () => {
          for (; next < lines.length; next++) {
            const line = lines[next] ?? "";
            if (passes(line)) resolve(line);
          }
        };
        listeners.add(look);
        look();
        ended.then(() => {
          look();
          reject(new Error(`the child ended after: ${lines.join(" | ")}`));
        }, reject);
      }),
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
