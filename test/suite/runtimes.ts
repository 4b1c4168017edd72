/** The runtimes that a node runs on as a process, and the commands that run a TypeScript file on each. */
import { resolve } from "node:path";

export type Runtime = "nodejs" | "bun" | "deno";

const binary = (name: string) =>
  resolve(import.meta.dirname, "../../node_modules/.bin", name);

/** What goes before the file and its arguments. */
export const runtimeCommands: Readonly<
  Record<Runtime, readonly [string, ...string[]]>
> = {
  nodejs: [process.execPath],
  bun: [binary("bun")],
  deno: [binary("deno"), "run", "-A"],
};
