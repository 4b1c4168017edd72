/** `ringwalk import FILE` */
import {
  createPlaceKeeper,
  type ImportPlace,
  newPlace,
  placePath,
  readPlace,
} from "../backup/import-place.ts";
import { runImport } from "../backup/import-run.ts";
import { type ImportSource, importSource } from "../backup/import-source.ts";
import { checkFile, damaged } from "../backup/verify-file.ts";
import {
  clientArgs,
  clientOf,
  jsonArg,
  patience,
  patientTimeoutArg,
} from "../client-args.ts";
import { command, type Invocation } from "../command.ts";
import {
  CliError,
  type ExitCode,
  exitCodes,
  usageError,
} from "../exit-code.ts";
import { type Input, openInput } from "../input-file.ts";
import { note, writeJson, writeLine } from "../output.ts";
import { createProgress } from "../progress.ts";
import { listenForStop } from "../stop-signal.ts";

/** As many as travel to a node in one request. */
const concurrencyDefault = 256;

const args = {
  file: {
    type: "positional",
    description:
      'A backup of ringwalk export, or lines such as {"key":"a","value":"text or any JSON","contentType":"...","ttl":60,"metadata":{}}, or with "base64" in place of "value"; - for standard input',
    required: true,
  },
  prefix: { type: "string", description: "Only keys that begin so" },
  overwrite: {
    type: "boolean",
    description:
      "Also where a key has a value: without it what is there stays as it is",
  },
  resume: {
    type: "boolean",
    description: "Go on where an interrupted import of the file ended",
  },
  "skip-damaged": {
    type: "boolean",
    description:
      "Import what is whole of a damaged backup; without it nothing of one is imported",
  },
  concurrency: {
    type: "string",
    valueHint: "n",
    description: `Keys on their way at once (default ${concurrencyDefault})`,
  },
  ...jsonArg,
  ...clientArgs,
  ...patientTimeoutArg,
} as const;

type ImportInvocation = Invocation<typeof args>;

/**
 * Exit code 1 when lines failed. Of a backup in a file nothing is imported before all of it was checked, unless
 * `--skip-damaged`.
 */
export const importFile = command({
  name: "import",
  description:
    "Bring the keys of a backup, or of plain NDJSON, into the ring; never over a value unless --overwrite",
  args,
  examples: [
    "ringwalk import backup.ndjson",
    "ringwalk import backup.ndjson --resume      after it was interrupted",
    "ringwalk import backup.ndjson --prefix user/ --overwrite      back to what it was",
    "ringwalk import cities.ndjson --concurrency 128 --node http://127.0.0.1:8001",
    "ringwalk export --node http://old:8000 | ringwalk import - --node http://new:8000",
  ],
  async run(invocation) {
    const { file, resume } = invocation.args;
    if (resume && file === "-")
      throw usageError("--resume goes on with a FILE, not standard input.");
    const countMax = countOf(invocation.args.concurrency);
    const input = await openInput(file);
    const source = await sourceOf(invocation, input);
    const signal = listenForStop();
    const client = clientOf(invocation, patience);
    const { ringId } = await client.status({ signal });
    const from = await beginningOf(invocation, { input, source, ringId });
    let place = from;
    let tally = from;
    const keeper =
      file === "-" ? undefined : createPlaceKeeper(file, () => place);
    const progress = createProgress({
      label: "import",
      total: input.bytesTotal,
    });
    const started = performance.now();
    try {
      const { items } = source;
      await runImport({
        ...{ client, items, from, countMax, signal, progress },
        onPlace(next, all) {
          place = next;
          tally = all;
          keeper?.keep();
        },
      });
      await keeper?.remove();
    } catch (error) {
      await keeper?.save();
      const next = keeper
        ? `Go on with: ringwalk import ${file} --resume`
        : "Send it again: what is there stays.";
      if (!signal.aborted) {
        if (!(error instanceof CliError)) note(next);
        throw error;
      }
      throw new CliError({
        code: "interrupted",
        message: `Stopped at line ${place.line}. ${next}`,
      });
    } finally {
      progress.stop();
      await report(invocation, tally, performance.now() - started);
    }
    return exitCodeOf(tally);
  },
});

function countOf(text: string | undefined): number {
  const countMax = Number(text ?? concurrencyDefault);
  if (!(Number.isInteger(countMax) && countMax > 0 && countMax <= 1024))
    throw usageError("--concurrency is a whole number from 1 to 1024.");
  return countMax;
}

function exitCodeOf({ failed }: ImportPlace): ExitCode {
  return failed === 0 ? exitCodes.ok : exitCodes.error;
}

/** A backup in a file is read from end to end before any of it is imported. */
async function sourceOf(
  { args }: ImportInvocation,
  { stream, bytesTotal }: Input,
): Promise<ImportSource> {
  const skipsDamage = args["skip-damaged"] ?? false;
  const source = await importSource(stream, { skipsDamage });
  if (!source.isBackup || skipsDamage || bytesTotal === undefined)
    return source;
  const verdict = await checkFile(args.file);
  if (verdict.damageCount > 0) throw damaged(args.file, verdict);
  return source;
}

/** Where the import begins: at the first line, or where an earlier one of the same kind ended. */
async function beginningOf(
  { args }: ImportInvocation,
  {
    input,
    source,
    ringId,
  }: {
    readonly input: Input;
    readonly source: ImportSource;
    readonly ringId: string;
  },
): Promise<ImportPlace> {
  const { file, prefix, overwrite = false, resume } = args;
  const fresh = newPlace({
    file: identityOf(input, source),
    ringId,
    ...(prefix !== undefined && { prefix }),
    overwrites: overwrite,
  });
  const left = file === "-" ? undefined : await readPlace(file);
  if (!left) {
    if (resume)
      note(`There is no ${placePath(file)} to go on with: it begins anew.`);
    return fresh;
  }
  const isSame = JSON.stringify(left.of) === JSON.stringify(fresh.of);
  if (resume && !isSame)
    throw usageError(
      `${placePath(file)} is of another file, ring, --prefix or --overwrite (${JSON.stringify(left.of)}): leave out --resume, and the import begins anew.`,
    );
  note(
    resume
      ? `It goes on behind line ${left.line}, with ${left.imported} keys imported before.`
      : `An import of it ended at line ${left.line}, and begins anew; --resume would go on.`,
  );
  return resume ? left : fresh;
}

/** Tells one backup from another, and one state of a file of plain lines from another. */
function identityOf(
  { bytesTotal, changedAt }: Input,
  { header }: ImportSource,
): string {
  return header
    ? `${bytesTotal} bytes, of ${header.startedAt}`
    : `${bytesTotal} bytes, of ${changedAt}`;
}

async function report(
  { args }: ImportInvocation,
  { imported, kept, expired, failed }: ImportPlace,
  elapsedMs: number,
): Promise<void> {
  const seconds = Math.round(elapsedMs / 10) / 100;
  if (args.json) return writeJson({ imported, kept, expired, failed, seconds });
  const rate = Math.round(imported / Math.max(seconds, 0.01));
  const parts = [
    `${imported} keys imported in ${seconds} s (${rate}/s), ${failed} failed`,
    ...(kept > 0
      ? [
          args.overwrite
            ? `${kept} were as in the backup`
            : `${kept} left as they are, for they have a value (--overwrite)`,
        ]
      : []),
    ...(expired > 0 ? [`${expired} left out, for their time was over`] : []),
  ];
  await writeLine(parts.join(", "));
}
