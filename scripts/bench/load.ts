/** Loads a server with `wrk` (Debian's package), whose own cost is small beside the servers'. */
import { execFile } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface LoadResult {
  readonly requestsPerS: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers that were not 2xx, and connections that failed. */
  readonly errors: number;
}

export interface Load {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  readonly method: "GET" | "PUT" | "POST";
  /** What follows the url, by turns. */
  readonly paths: readonly string[];
  /** Bodies by turns with the paths; one for all when there is one. */
  readonly bodies?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** Runs one load and reads wrk's report. Throws when wrk is missing or says nothing. */
export async function runLoad(load: Load): Promise<LoadResult> {
  const folder = mkdtempSync(join(tmpdir(), "ringwalk-bench-"));
  const script = join(folder, "load.lua");
  writeFileSync(script, luaOf(load));
  const { stdout } = await run(
    "wrk",
    [
      "-t",
      String(Math.min(2, load.connections)),
      "-c",
      String(load.connections),
      "-d",
      `${load.seconds}s`,
      "--timeout",
      "10s",
      "-s",
      script,
      load.url,
    ],
    { timeout: (load.seconds + 30) * 1000 },
  );
  const line = /RESULT (\d+) (\d+) (\d+) (\d+) (\d+)/.exec(stdout);
  if (!line) throw new Error(`wrk said: ${stdout}`);
  const [requests, micros, p50, p99, errors] = line.slice(1).map(Number);
  return {
    requestsPerS: ((requests ?? 0) / (micros ?? 1)) * 1e6,
    p50Ms: (p50 ?? 0) / 1000,
    p99Ms: (p99 ?? 0) / 1000,
    errors: errors ?? 0,
  };
}

function luaOf({ method, paths, bodies, headers = {} }: Load): string {
  const list = (texts: readonly string[]) =>
    texts.map((text) => `[=[${text}]=]`).join(",\n");
  const headerLines = Object.entries(headers)
    .map(([name, value]) => `wrk.headers["${name}"] = "${value}"`)
    .join("\n");
  // Each thread starts elsewhere in the list, so that the threads do not walk in step.
  return `
local paths = {${list(paths)}}
local bodies = {${list(bodies ?? [])}}
${headerLines}
local counter = 0
function setup(thread) thread:set("seed", counter); counter = counter + 7919 end
function init() index = seed % #paths end
function request()
  index = index % #paths + 1
  local body = bodies[(index - 1) % math.max(#bodies, 1) + 1]
  return wrk.format("${method}", paths[index], nil, body)
end
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
`;
}
