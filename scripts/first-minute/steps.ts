/** What a new user does in a folder that has the package: starts a node or a ring, and pastes lines. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";

const execute = promisify(execFile);

export interface Step {
  /** As it is typed. */
  readonly command: string;
  /** Until it is done; for what goes on running, until it says that it is ready. */
  readonly durationMs: number;
  /** What a line answered; empty for what goes on running. */
  readonly shown: string;
}

/** `ringwalk dev` at this port and the two after it, and the lines that it prints under "Try:". */
export function tryRing(
  folder: string,
  port: number,
): Promise<readonly Step[]> {
  return runBeside({
    folder,
    command: `npx ringwalk dev --port ${port}`,
    ready: /\nTry:\n\n((?: {2}.*\n)+)\n/,
    linesOf: (shown) =>
      shown
        .trimEnd()
        .split("\n")
        .map((line) => line.trim()),
  });
}

/** `ringwalk serve -p PORT`, a value put, and the same one read. */
export function tryNode(
  folder: string,
  port: number,
): Promise<readonly Step[]> {
  return runBeside({
    folder,
    command: `npx ringwalk serve -p ${port}`,
    ready: /is ready at (http\S+)\n/,
    linesOf: (url) => [
      `curl -X PUT --data hello ${url}/db/greeting`,
      `curl ${url}/db/greeting`,
    ],
  });
}

/** Starts `command`, runs lines of what it says once it is ready, and stops it as Ctrl-C does. */
async function runBeside(options: {
  readonly folder: string;
  readonly command: string;
  /** What it prints when it is ready, with what is told to `linesOf`. */
  readonly ready: RegExp;
  readonly linesOf: (told: string) => readonly string[];
}): Promise<readonly Step[]> {
  const { command, ready, linesOf } = options;
  const where = { cwd: options.folder, env: environment() };
  const startedAt = performance.now();
  const [program = "", ...args] = command.split(" ");
  // A group of its own, so that the signal reaches what npx has started, as in a terminal.
  const child = spawn(program, args, {
    ...where,
    detached: true,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const ended = once(child, "close");
  try {
    const told = await printed(child.stdout, { ready, ended });
    const steps: Step[] = [
      { command, durationMs: performance.now() - startedAt, shown: "" },
    ];
    for (const line of linesOf(told)) {
      const begunAt = performance.now();
      const { stdout } = await execute("sh", ["-c", line], where);
      const durationMs = performance.now() - begunAt;
      steps.push({ command: line, durationMs, shown: stdout.trimEnd() });
    }
    return steps;
  } finally {
    if (child.pid !== undefined && child.exitCode === null)
      process.kill(-child.pid, "SIGINT");
    await ended;
  }
}

function printed(
  stdout: NodeJS.ReadableStream,
  {
    ready,
    ended,
  }: { readonly ready: RegExp; readonly ended: Promise<unknown[]> },
): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    stdout.on("data", (chunk: Buffer) => {
      text += chunk;
      const [, told] = ready.exec(text) ?? [];
      if (told !== undefined) resolve(told);
    });
    const tooEarly = ([code]: unknown[]) =>
      reject(new Error(`It ended with ${code} after: ${text}`));
    ended.then(tooEarly, reject);
  });
}

/** Without what is set for ringwalk where this runs. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith("RINGWALK_"),
  );
  return { ...Object.fromEntries(kept), NO_COLOR: "1" };
}
