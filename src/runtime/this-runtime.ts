/** The runtime that this process runs on: the only place that asks which it is. */
import type { RunningServer, ServerOptions } from "./server.ts";

/** Starts a node on this runtime's own HTTP server; see `startServerOn`. The other runtimes' servers are not loaded. */
export async function startServer(
  options: ServerOptions,
): Promise<RunningServer> {
  const { startServer } = await servers[thisRuntime]();
  return startServer(options);
}

/** The command that runs this program once more; its arguments go behind it. */
export function ownCommand(): readonly [string, ...string[]] {
  return isStandalone
    ? [process.execPath]
    : [...scriptCommand(), process.argv[1] ?? ""];
}

/** The command that runs a TypeScript file as this process was: the file and its arguments go behind it. */
export function scriptCommand(): readonly [string, ...string[]] {
  // What may start processes may do everything (https://docs.deno.com/runtime/fundamentals/security/), and so may they.
  return thisRuntime === "deno"
    ? [process.execPath, "run", "-A"]
    : [process.execPath];
}

const servers = {
  nodejs: () => import("./nodejs.ts"),
  bun: () => import("./bun.ts"),
  deno: () => import("./deno.ts"),
};

const thisRuntime =
  "Bun" in globalThis ? "bun" : "Deno" in globalThis ? "deno" : "nodejs";

/** Whether this is a binary with the program in it, at a path that nobody else can read (https://bun.sh/docs/bundler/executables). */
const isStandalone = process.argv[1]?.startsWith("/$bunfs/") ?? false;
