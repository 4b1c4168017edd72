/** Runs one command line to its exit code. */
import packageJson from "../../package.json" with { type: "json" };
import type { Command } from "./command.ts";
import { didYouMean } from "./did-you-mean.ts";
import {
  codeOf,
  type ExitCode,
  exitCodeOf,
  exitCodes,
  usageError,
} from "./exit-code.ts";
import { commandHelp, overview } from "./help.ts";
import { nextStep } from "./next-step.ts";
import { note, write } from "./output.ts";

/** Loaded when they are run: most start in half the time of all of them. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  dev: async () => (await import("./commands/dev.ts")).dev,
  serve: async () => (await import("./commands/serve.ts")).serve,
  get: async () => (await import("./commands/get.ts")).get,
  put: async () => (await import("./commands/put.ts")).put,
  increment: async () => (await import("./commands/increment.ts")).increment,
  touch: async () => (await import("./commands/touch.ts")).touch,
  delete: async () => (await import("./commands/delete.ts")).deleteKey,
  watch: async () => (await import("./commands/watch.ts")).watch,
  keys: async () => (await import("./commands/keys.ts")).keys,
  peers: async () => (await import("./commands/peers.ts")).peers,
  status: async () => (await import("./commands/status.ts")).status,
  doctor: async () => (await import("./commands/doctor.ts")).doctor,
  join: async () => (await import("./commands/join.ts")).join,
  leave: async () => (await import("./commands/leave.ts")).leave,
  replace: async () => (await import("./commands/replace.ts")).replace,
  remove: async () => (await import("./commands/remove.ts")).remove,
  token: async () => (await import("./commands/token.ts")).token,
  import: async () => (await import("./commands/import.ts")).importFile,
  export: async () => (await import("./commands/export.ts")).exportKeys,
};

/** `args` as they stand behind the program's name. Never throws: an error is a line on standard error. */
export async function run(args: readonly string[]): Promise<ExitCode> {
  try {
    return await dispatch(args);
  } catch (error) {
    reportError(error, args);
    return exitCodeOf(error);
  }
}

async function dispatch([name, ...rest]: readonly string[]): Promise<ExitCode> {
  if (name === undefined || isHelp(name) || name === "help")
    return help(name === "help" ? rest[0] : undefined);
  if (name === "--version" || name === "-v" || name === "version") {
    await write(`${packageJson.version}\n`);
    return exitCodes.ok;
  }
  const command = await load(name);
  const end = rest.indexOf("--");
  if (rest.slice(0, end === -1 ? undefined : end).some(isHelp))
    return help(name);
  return command.run(rest);
}

function isHelp(arg: string): boolean {
  return arg === "--help" || arg === "-h";
}

async function help(name: string | undefined): Promise<ExitCode> {
  await write(
    name === undefined
      ? await overviewOfAll()
      : commandHelp(await load(name), helpWidth()),
  );
  return exitCodes.ok;
}

function helpWidth(): number {
  return Math.max(60, Math.min(process.stdout.columns ?? 100, 100));
}

async function overviewOfAll(): Promise<string> {
  const descriptions = new Map<string, string>();
  for (const name of Object.keys(commands)) {
    descriptions.set(name, (await load(name)).description);
  }
  const { version } = packageJson;
  return overview(descriptions, { version, width: helpWidth() });
}

async function load(name: string): Promise<Command> {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command)
    throw usageError(
      `There is no command ${JSON.stringify(name)}.${didYouMean(name, Object.keys(commands))} See: ringwalk --help`,
    );
  return command();
}

function asksForJson(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return args.slice(0, end === -1 ? undefined : end).includes("--json");
}

/**
 * One line on standard error, with the code first, or as JSON: standard output has results alone. The stack trace only
 * for whoever looks for a defect.
 */
function reportError(error: unknown, args: readonly string[]): void {
  const text = error instanceof Error ? error.message : String(error);
  const said = text.replaceAll(/\s*\n\s*/g, " ");
  const message = said + nextStep(error, args);
  const code = codeOf(error);
  const exitCode = exitCodeOf(error);
  note(
    asksForJson(args)
      ? JSON.stringify({ code, message, exitCode })
      : `${code}: ${message}`,
  );
  if (process.env.RINGWALK_DEBUG && error instanceof Error)
    note(String(error.stack));
}
