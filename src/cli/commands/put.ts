/** `ringwalk put KEY [VALUE]` */
import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import type { Metadata } from "../../client/api.ts";
import { clientArgs, clientOf, jsonArg } from "../client-args.ts";
import { command } from "../command.ts";
import { exitCodes, usageError } from "../exit-code.ts";
import { fileError } from "../file-error.ts";
import { writeJson } from "../output.ts";
import { ttlOf } from "../ttl.ts";

const textType = "text/plain;charset=utf-8";

/** Exit code 4 when a condition does not hold. Bytes are stored as they come; an argument is UTF-8. */
export const put = command({
  name: "put",
  description:
    "Store a value under a key: an argument, a file, or standard input",
  args: {
    key: { type: "positional", description: "The key", required: true },
    value: {
      type: "positional",
      description: "The value; without it and --file, standard input is read",
      required: false,
    },
    file: {
      type: "string",
      alias: "f",
      valueHint: "path",
      description: "Store this file",
    },
    type: {
      type: "string",
      valueHint: "content-type",
      description: `The value's content type (default ${textType} for an argument, none otherwise)`,
    },
    ttl: {
      type: "string",
      valueHint: "seconds",
      description: "Delete the value after this time",
    },
    metadata: {
      type: "string",
      valueHint: "json",
      description: "A JSON object to keep beside the value",
    },
    "if-match": {
      type: "string",
      valueHint: "revision",
      description: "Only if the value has this revision; * for any",
    },
    "if-none-match": {
      type: "string",
      valueHint: "revision",
      description:
        "Only if the value has not this revision; * only if there is none",
    },
    ...jsonArg,
    ...clientArgs,
  },
  examples: [
    "ringwalk put greeting hello",
    "ringwalk put photo --file photo.jpg --type image/jpeg",
    "date | ringwalk put now --ttl 60",
    `ringwalk put report --file report.pdf --metadata '{"owner":"ada"}'`,
    "ringwalk put lock me --if-none-match '*'",
    "ringwalk put --json greeting 'hello again' | jq -r .revision",
  ],
  async run(invocation) {
    const { args } = invocation;
    const bytes = await bytesOf(args);
    const contentType =
      args.type ?? (args.value === undefined ? undefined : textType);
    const written = await clientOf(invocation).putBytes(args.key, bytes, {
      ...conditionsOf(args),
      ...(contentType !== undefined && { contentType }),
      ...metadataOf(args.metadata),
      ...ttlOf(args.ttl),
    });
    if (args.json) await writeJson({ key: args.key, ...written });
    return exitCodes.ok;
  },
});

function metadataOf(text: string | undefined): { metadata?: Metadata } {
  if (text === undefined) return {};
  try {
    const metadata: unknown = JSON.parse(text);
    if (isObject(metadata)) return { metadata };
  } catch {
    // Told below.
  }
  throw usageError(
    `--metadata ${text} is no JSON object, such as {"owner":"ada"}.`,
  );
}

function isObject(value: unknown): value is Metadata {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The client's conditions, from flags. */
export function conditionsOf(args: {
  readonly "if-match": string | undefined;
  readonly "if-none-match"?: string | undefined;
}) {
  const { "if-match": ifMatch, "if-none-match": ifNoneMatch } = args;
  return {
    ...(ifMatch !== undefined && { ifMatch: unquoted(ifMatch) }),
    ...(ifNoneMatch !== undefined && { ifNoneMatch: unquoted(ifNoneMatch) }),
  };
}

/** An ETag as curl shows it is taken too. */
function unquoted(revision: string): string {
  return revision.replace(/^"(.*)"$/, "$1");
}

async function bytesOf({
  value,
  file,
}: {
  readonly value: string | undefined;
  readonly file: string | undefined;
}): Promise<Uint8Array> {
  if (value !== undefined && file !== undefined)
    throw usageError("Give a value or --file, not both.");
  if (value !== undefined) return new TextEncoder().encode(value);
  if (file !== undefined && file !== "-") return bytesOfFile(file);
  if (process.stdin.isTTY)
    throw usageError(
      "Give a value, --file PATH, or something on standard input.",
    );
  return buffer(process.stdin);
}

function bytesOfFile(path: string): Promise<Uint8Array> {
  return readFile(path).catch((cause: unknown) => {
    throw fileError(path, cause);
  });
}
