/** Where settings come from: flags, `RINGWALK_*` variables, a file. */
import { readFile } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { listOf } from "./client-args.ts";
import { usageError } from "./exit-code.ts";
import { fileError } from "./file-error.ts";
import {
  type SettingName,
  type SettingSource,
  settingNames,
} from "./settings.ts";

/** Settings that are lists: several flags, or a variable with commas or spaces. */
const lists = ["join", "cors-origin"] as const satisfies SettingName[];
type ListName = (typeof lists)[number];

function isList(name: string): name is ListName {
  return lists.some((list) => list === name);
}

/** What was given on the command line. */
export function flagSource(
  given: Readonly<Record<string, unknown>>,
  all: (name: ListName) => readonly string[],
): SettingSource {
  const chosen = (name: SettingName) => {
    if (!isList(name)) return given[name];
    const values = all(name);
    return values.length > 0 ? values : undefined;
  };
  return {
    values: Object.fromEntries(
      settingNames.map((name) => [name, chosen(name)]),
    ),
    describe: (name) => `--${name}`,
  };
}

/** `RINGWALK_JOIN_TIMEOUT` for `join-timeout`, and so on; an empty variable counts as none. */
export function variableSource(environment: NodeJS.ProcessEnv): SettingSource {
  const values = settingNames.map((name): [string, unknown] => {
    const text = environment[variableOf(name)] || undefined;
    return [name, text !== undefined && isList(name) ? listOf(text) : text];
  });
  return { values: Object.fromEntries(values), describe: variableOf };
}

function variableOf(name: string): string {
  return `RINGWALK_${name.toUpperCase().replaceAll("-", "_")}`;
}

/** JSON, or the default export of a module (.ts, .js, .mjs). Names may be written `joinTimeout` as well as `join-timeout`. */
export async function fileSource(path: string): Promise<SettingSource> {
  const content =
    extname(path) === ".json" ? await readJson(path) : await importModule(path);
  if (typeof content !== "object" || content === null || Array.isArray(content))
    throw usageError(
      `${path} must hold an object of settings${extname(path) === ".json" ? "" : " as its default export"}.`,
    );
  const values = Object.entries(content).map(
    ([given, value]): [string, unknown] => {
      const name = given.replace(/[A-Z]/g, (one) => `-${one.toLowerCase()}`);
      const isText = isList(name) && typeof value === "string";
      return [name, isText ? listOf(value) : value];
    },
  );
  return {
    values: Object.fromEntries(values),
    describe: (name) => `${name} in ${path}`,
  };
}

async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw fileError(path, cause);
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw usageError(`${path} is not JSON (${(cause as Error).message}).`);
  }
}

async function importModule(path: string): Promise<unknown> {
  try {
    const module: { readonly default?: unknown } = await import(
      pathToFileURL(resolve(path)).href
    );
    return module.default;
  } catch (cause) {
    throw usageError(
      `${path} cannot be loaded: ${cause instanceof Error ? cause.message : cause}.`,
    );
  }
}
