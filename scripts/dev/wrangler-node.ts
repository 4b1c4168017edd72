/** A node under `wrangler dev`: the real Worker on this machine, with state of its own, in a process group of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";

export interface WranglerNodeOptions {
  readonly name: string;
  /** 0: the system chooses one. */
  readonly port: number;
  /** Where the node's data is kept from run to run. */
  readonly persistTo: string;
  /** Urls of nodes of the ring to join. */
  readonly join?: readonly string[];
  /** Further variables of the Worker. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Where what wrangler prints goes, a line at a time; nowhere unless given. */
  readonly onLine?: (line: string) => void;
}

export interface WranglerNode {
  readonly name: string;
  readonly url: string;
  /** Ends wrangler and workerd; `SIGKILL` leaves them no time to finish anything. Resolves when they are gone. */
  stop(signal?: "SIGTERM" | "SIGKILL"): Promise<void>;
  /** Resolves when it has ended by itself, or was stopped. */
  readonly ended: Promise<void>;
}

/** Keeps wrangler local and quiet. */
const environment = {
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  DO_NOT_TRACK: "1",
  WRANGLER_HIDE_BANNER: "true",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  X_LOCAL_EXPLORER: "false",
  X_LOCAL_OBSERVABILITY: "false",
};

/** Starts one, and resolves when it answers. Rejects when wrangler ends before that, with the last that it said. */
export async function startWranglerNode(
  options: WranglerNodeOptions,
): Promise<WranglerNode> {
  const { name, persistTo, port } = options;
  const child = spawn(process.execPath, [wranglerPath(), ...argsOf(options)], {
    cwd: new URL("../..", import.meta.url),
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own: a signal to wrangler alone would leave workerd behind.
    detached: true,
  });
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
  });
  const url = await readyAt(child, options).catch((error: unknown) => {
    signalGroup(child, "SIGKILL");
    throw new Error(`wrangler dev for ${name} on port ${port}, ${persistTo}`, {
      cause: error,
    });
  });
  return {
    name,
    url,
    ended,
    async stop(signal = "SIGTERM") {
      signalGroup(child, signal);
      await ended;
    },
  };
}

function argsOf({
  name,
  port,
  persistTo,
  join: urls = [],
  variables = {},
}: WranglerNodeOptions): readonly string[] {
  const given = {
    NODE_NAME: name,
    ...(variables.SECRET === undefined && { INSECURE: "true" }),
    ...(urls.length > 0 && { JOIN: urls.join(",") }),
    ...variables,
  };
  return [
    "dev",
    "--ip",
    "127.0.0.1",
    "--port",
    String(port),
    "--inspector-port",
    "0",
    "--persist-to",
    persistTo,
    ...Object.entries(given).flatMap(([key, value]) => [
      "--var",
      `${key}:${value}`,
    ]),
  ];
}

function wranglerPath(): string {
  const manifest = createRequire(import.meta.url).resolve(
    "wrangler/package.json",
  );
  return join(dirname(manifest), "bin", "wrangler.js");
}

/** The url that wrangler tells when it is ready. */
function readyAt(
  child: ChildProcess,
  { onLine = () => {} }: WranglerNodeOptions,
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface(stream).on("line", (line) => {
      onLine(line);
      said.push(line);
      const url = /Ready on (https?:\/\/\S+)/.exec(line)?.[1];
      if (url) resolve(url);
    });
  }
  child.once("error", reject);
  child.once("close", (code) =>
    reject(new Error(`it ended (${code}): ${said.slice(-20).join("\n")}`)),
  );
  return promise;
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has ended.
  }
}
