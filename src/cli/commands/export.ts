/** `ringwalk export [FILE]` */
import { open, rename, rm } from "node:fs/promises";
import type { ByteClient } from "../../client/api.ts";
import {
  clientArgs,
  clientOf,
  jsonArg,
  patience,
  patientTimeoutArg,
} from "../client-args.ts";
import { command } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { fileError } from "../file-error.ts";
import { mapInOrder } from "../in-flight.ts";
import { note, write, writeLine } from "../output.ts";
import { createProgress } from "../progress.ts";
import { valueFields } from "../value-fields.ts";

/** Values on their way, and so held, at once. */
const concurrency = 64;

export const exportKeys = command({
  name: "export",
  description: "Write every key of the ring, or those with a prefix, as NDJSON",
  args: {
    file: {
      type: "positional",
      description:
        "Where to; standard output unless given. It appears when it is complete",
      required: false,
    },
    prefix: { type: "string", description: "Only keys that begin so" },
    ...jsonArg,
    ...clientArgs,
    ...patientTimeoutArg,
  },
  examples: [
    "ringwalk export backup.ndjson",
    "ringwalk export --prefix user/ | jq -r .key",
    "ringwalk export --node http://old:8000 | ringwalk import - --node http://new:8000",
  ],
  async run(invocation) {
    const { file, prefix, json } = invocation.args;
    const isToFile = file !== undefined && file !== "-";
    const lines = exportLines(clientOf(invocation, patience), prefix);
    const started = performance.now();
    const exported = isToFile
      ? await writeFileWhole(file, lines)
      : await writeAll(lines, write);
    const seconds = Math.round((performance.now() - started) / 10) / 100;
    const summary = json
      ? JSON.stringify({ exported, seconds })
      : `${exported} keys exported in ${seconds} s`;
    if (isToFile) await writeLine(summary);
    else note(summary);
    return exitCodes.ok;
  },
});

/** A line for each key that is still there when its value is read. */
async function* exportLines(
  client: ByteClient,
  prefix: string | undefined,
): AsyncGenerator<string> {
  const keys = client.keys(prefix === undefined ? {} : { prefix });
  const lines = mapInOrder(keys, concurrency, async (key) => {
    const stored = await client.getBytes(key);
    return stored && `${JSON.stringify({ key, ...valueFields(stored) })}\n`;
  });
  for await (const line of lines) if (line !== undefined) yield line;
}

async function writeAll(
  lines: AsyncIterable<string>,
  writeOut: (line: string) => Promise<void>,
): Promise<number> {
  const progress = createProgress(undefined);
  let count = 0;
  try {
    for await (const line of lines) {
      await writeOut(line);
      progress.update(0, ++count);
    }
  } finally {
    progress.stop();
  }
  return count;
}

/** A half of an export must not look like one: the file gets its name when it is whole and on the disk. */
async function writeFileWhole(
  path: string,
  lines: AsyncIterable<string>,
): Promise<number> {
  const draft = `${path}.part`;
  const file = await open(draft, "w").catch((cause: unknown) => {
    throw fileError(draft, cause);
  });
  try {
    const count = await writeAll(lines, async (line) => {
      await file.writeFile(line).catch((cause: unknown) => {
        throw fileError(draft, cause);
      });
    });
    await file.sync();
    await file.close();
    await rename(draft, path);
    return count;
  } catch (error) {
    await file.close().catch(() => {});
    await rm(draft, { force: true });
    throw error;
  }
}
