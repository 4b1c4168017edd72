/** `ringwalk import FILE` */
import { open } from "node:fs/promises";
import type { ByteClient } from "../../client/api.ts";
import { UnreachableError } from "../../client/errors.ts";
import {
  clientArgs,
  clientOf,
  jsonArg,
  patience,
  patientTimeoutArg,
} from "../client-args.ts";
import { command } from "../command.ts";
import { type ExitCode, exitCodes, usageError } from "../exit-code.ts";
import { fileError } from "../file-error.ts";
import { type ImportedKey, parseImportLine } from "../import-line.ts";
import { runInFlight, type Task } from "../in-flight.ts";
import { type Line, linesOf } from "../lines.ts";
import { note, writeJson, writeLine } from "../output.ts";
import { createProgress, type Progress } from "../progress.ts";

/** A value of 25 MiB in base64, and room for its key. */
const lineBytesMax = 40 * 1024 * 1024;
const bytesInFlightMax = 64 * 1024 * 1024;
/** As many as travel to a node in one request. */
const concurrencyDefault = 256;
/** Failed lines that are told one by one. */
const notedMax = 10;

export const importFile = command({
  name: "import",
  description: "Store every key of an NDJSON file",
  args: {
    file: {
      type: "positional",
      description:
        'Lines such as {"key":"a","value":"text or any JSON","contentType":"...","ttl":60,"metadata":{}}, or with "base64" in place of "value"; - for standard input',
      required: true,
    },
    concurrency: {
      type: "string",
      valueHint: "n",
      description: `Keys on their way at once (default ${concurrencyDefault})`,
    },
    ...jsonArg,
    ...clientArgs,
    ...patientTimeoutArg,
  },
  examples: [
    "ringwalk import backup.ndjson",
    "ringwalk import cities.ndjson --concurrency 128 --node http://127.0.0.1:8001",
    "ringwalk export --node http://old:8000 | ringwalk import - --node http://new:8000",
  ],
  async run(invocation) {
    const { file, concurrency, json } = invocation.args;
    const countMax = Number(concurrency ?? concurrencyDefault);
    if (!(Number.isInteger(countMax) && countMax > 0 && countMax <= 1024))
      throw usageError("--concurrency is a whole number from 1 to 1024.");
    const { stream, bytesTotal } = await openInput(file);
    const tally = createTally(createProgress(bytesTotal));
    const started = performance.now();
    try {
      const tasks = tasksOf(stream, clientOf(invocation, patience), tally);
      await runInFlight(tasks, { countMax, bytesMax: bytesInFlightMax });
    } finally {
      tally.progress.stop();
      await report(tally, performance.now() - started, json);
    }
    return exitCodeOf(tally);
  },
});

/** What has become of the lines so far. */
interface Tally {
  readonly progress: Progress;
  imported: number;
  failed: number;
}

function createTally(progress: Progress): Tally {
  return { progress, imported: 0, failed: 0 };
}

function exitCodeOf({ failed }: Tally): ExitCode {
  return failed === 0 ? exitCodes.ok : exitCodes.error;
}

async function openInput(file: string) {
  if (file === "-") return { stream: process.stdin, bytesTotal: undefined };
  try {
    const handle = await open(file);
    const stats = await handle.stat();
    if (stats.isDirectory()) {
      await handle.close();
      throw { code: "EISDIR" };
    }
    return {
      stream: handle.createReadStream({ highWaterMark: 256 * 1024 }),
      bytesTotal: stats.isFile() ? stats.size : undefined,
    };
  } catch (cause) {
    throw fileError(file, cause);
  }
}

async function* tasksOf(
  stream: AsyncIterable<Uint8Array>,
  client: ByteClient,
  tally: Tally,
): AsyncGenerator<Task> {
  for await (const line of linesOf(stream, lineBytesMax)) {
    const record = parsed(line, tally);
    if (!record) continue;
    const { key, bytes } = record;
    yield {
      key,
      bytes: bytes.byteLength,
      run: () => store(client, record, line, tally),
    };
  }
}

function parsed(line: Line, tally: Tally): ImportedKey | undefined {
  try {
    return parseImportLine(line.text);
  } catch (error) {
    noteFailure(line, error, tally);
    return undefined;
  }
}

async function store(
  client: ByteClient,
  { key, bytes, ...options }: ImportedKey,
  line: Line,
  tally: Tally,
): Promise<void> {
  try {
    await client.putBytes(key, bytes, options);
    tally.imported++;
    tally.progress.update(line.bytesRead, tally.imported);
  } catch (error) {
    // With no node left the rest would fail as well.
    if (error instanceof UnreachableError) throw error;
    noteFailure(line, error, tally);
  }
}

function noteFailure({ number }: Line, error: unknown, tally: Tally): void {
  tally.failed++;
  const reason = error instanceof Error ? error.message : String(error);
  if (tally.failed <= notedMax) note(`line ${number}: ${reason}`);
  if (tally.failed === notedMax + 1) note("further failures are only counted");
}

async function report(
  { imported, failed }: Tally,
  elapsedMs: number,
  isJson: boolean | undefined,
): Promise<void> {
  const seconds = Math.round(elapsedMs / 10) / 100;
  if (isJson) await writeJson({ imported, failed, seconds });
  else {
    const rate = Math.round(imported / Math.max(seconds, 0.01));
    await writeLine(
      `${imported} keys imported in ${seconds} s (${rate}/s), ${failed} failed`,
    );
  }
}
