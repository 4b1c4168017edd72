/** The settings of `serve`: flag before variable before file before default, each value told by where it came from. */
import { join } from "node:path";
import * as v from "valibot";
import {
  nameCharactersMax,
  partitionCountMax,
  replicaCountMax,
  valueBytesMax,
} from "../core/limits.ts";
import { didYouMean } from "./did-you-mean.ts";
import { usageError } from "./exit-code.ts";

const whole = (message: string, minimum: number, maximum: number) =>
  v.pipe(
    v.union(
      [
        v.number(),
        v.pipe(v.string(), v.regex(/^\d+$/, message), v.transform(Number)),
      ],
      message,
    ),
    v.integer(message),
    v.minValue(minimum, message),
    v.maxValue(maximum, message),
  );

const positive = (message: string) =>
  v.pipe(
    v.union(
      [
        v.number(),
        v.pipe(v.string(), v.nonEmpty(message), v.transform(Number)),
      ],
      message,
    ),
    v.check(
      (number) => number > 0 && number < Number.POSITIVE_INFINITY,
      message,
    ),
  );

const flag = v.union(
  [
    v.boolean(),
    v.pipe(
      v.picklist(["true", "1"]),
      v.transform(() => true),
    ),
    v.pipe(
      v.picklist(["false", "0", ""]),
      v.transform(() => false),
    ),
  ],
  "must be true or false.",
);

const text = v.pipe(v.string(), v.nonEmpty("must not be empty."));
const partitionsMessage = `must be a whole number from 1 to ${partitionCountMax}.`;
const valueMessage = `must be a number of bytes from 1 to ${valueBytesMax}.`;
const replicasMessage = `must be a whole number from 1 to ${replicaCountMax}.`;

/** `store` is one of ours by name; a module may give any driver of unstorage in its place. */
const driver = v.custom<object>(
  (value) => typeof value === "object" && value !== null && "getItem" in value,
);

const schema = v.strictObject({
  port: v.optional(whole("must be a port, 0 to 65535.", 0, 65_535), 8000),
  host: v.optional(text, "127.0.0.1"),
  name: v.optional(
    v.pipe(
      v.string(),
      v.regex(
        new RegExp(`^[A-Za-z0-9._-]{1,${nameCharactersMax}}$`),
        `must have 1 to ${nameCharactersMax} of the characters A-Z a-z 0-9 . _ -`,
      ),
    ),
  ),
  url: v.optional(text),
  join: v.optional(v.array(text), []),
  "join-timeout": v.optional(positive("must be a number of seconds."), 60),
  store: v.optional(
    v.union(
      [v.picklist(["memory", "fs", "sqlite"]), driver],
      "must be memory, fs or sqlite (in a module also a driver of unstorage).",
    ),
    "sqlite",
  ),
  guarantee: v.optional(
    v.picklist(
      ["durable", "volatile", "eventual"],
      "must be durable, volatile or eventual.",
    ),
  ),
  data: v.optional(text),
  replicas: v.optional(whole(replicasMessage, 1, replicaCountMax)),
  partitions: v.optional(whole(partitionsMessage, 1, partitionCountMax)),
  "value-max": v.optional(whole(valueMessage, 1, valueBytesMax)),
  consistency: v.optional(
    v.picklist(
      ["linearizable", "eventual"],
      "must be linearizable or eventual.",
    ),
  ),
  zone: v.optional(text),
  weight: v.optional(positive("must be a number above 0.")),
  secret: v.optional(text),
  "secret-also": v.optional(text),
  "admin-token": v.optional(text),
  "cors-origin": v.optional(v.array(text), []),
  "missing-status": v.optional(
    v.pipe(
      v.union([v.number(), v.string()]),
      v.transform(Number),
      v.picklist([404, 200], "must be 404 or 200."),
    ),
    404,
  ),
  replace: v.optional(flag, false),
  insecure: v.optional(flag, false),
  "log-level": v.optional(
    v.picklist(
      ["debug", "info", "warning", "error"],
      "must be debug, info, warning or error.",
    ),
    "info",
  ),
  "log-format": v.optional(
    v.picklist(["text", "json"], "must be text or json."),
    "text",
  ),
});

type Checked = v.InferOutput<typeof schema>;

/** As a flag has it behind its dashes (`join-timeout`); files may write it in camel case, too. */
export type SettingName = keyof Checked;

/** What sources are asked for; `resolveSettings` refuses a file that has anything else. */
export const settingNames = Object.keys(
  schema.entries,
) as readonly SettingName[];

/** What `serve` runs with. */
export interface ServeSettings extends Checked {
  readonly name: string;
  readonly data: string;
}

/** Values by setting, and what a message calls their source. */
export interface SettingSource {
  readonly values: Readonly<Record<string, unknown>>;
  readonly describe: (name: string) => string;
}

/** Merges sources, the strongest first. Throws a usage error that names the source of what is wrong. */
export function resolveSettings(
  sources: readonly SettingSource[],
): ServeSettings {
  const values: Record<string, unknown> = {};
  const origins: Record<string, string> = {};
  for (const source of sources)
    for (const [name, value] of Object.entries(source.values)) {
      if (value === undefined || name in values) continue;
      values[name] = value;
      origins[name] = source.describe(name);
    }
  const { success, output, issues } = v.safeParse(schema, values);
  if (!success) throw usageError(describeIssue(issues[0], origins));
  return withDefaults(output);
}

function describeIssue(
  issue: v.BaseIssue<unknown>,
  origins: Readonly<Record<string, string>>,
): string {
  const name = String(issue.path?.[0]?.key ?? "");
  const origin = origins[name] ?? name;
  if (!(settingNames as readonly string[]).includes(name))
    return `There is no setting ${origin}.${didYouMean(name, settingNames)} Known are ${settingNames.join(", ")}.`;
  return `${origin} ${issue.message}`;
}

function withDefaults(checked: Checked): ServeSettings {
  const { port, name = nameOf(port) } = checked;
  return { ...checked, name, data: checked.data ?? join(".ringwalk", name) };
}

function nameOf(port: number): string {
  if (port === 0)
    throw usageError(
      "With -p 0 the system chooses the port, so the node needs a name: -n NAME.",
    );
  return `node-${port}`;
}

/** What a ring is founded with, or must have been founded with: what the user gave, and nothing else. */
export function foundingOf(settings: ServeSettings) {
  const { replicas, partitions, consistency } = settings;
  const valueBytesMax = settings["value-max"];
  return {
    ...(replicas !== undefined && { replicaCount: replicas }),
    ...(partitions !== undefined && { partitionCount: partitions }),
    ...(valueBytesMax !== undefined && { valueBytesMax }),
    ...(consistency !== undefined && { consistency }),
  };
}
