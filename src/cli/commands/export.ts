/** `ringwalk export [FILE]` */
import { createNodeList, nodeUrl } from "../../client/node-list.ts";
import {
  checkFolder,
  type DraftState,
  draftPath,
  emptyDraft,
  openDraft,
  readDraft,
} from "../backup/draft.ts";
import { headerOf, runExport, runPlainExport } from "../backup/export-run.ts";
import type { BackupHeader } from "../backup/records.ts";
import { verifyFile } from "../backup/verify-file.ts";
import {
  authorizationOf,
  clientArgs,
  clientOf,
  jsonArg,
  nodesOf,
  patience,
  patientTimeoutArg,
  timeoutMsOf,
} from "../client-args.ts";
import { command, type Invocation } from "../command.ts";
import { CliError, exitCodes, usageError } from "../exit-code.ts";
import { note, write, writeLine } from "../output.ts";
import { createProgress } from "../progress.ts";
import type { ListingParts } from "../ring-listing.ts";
import { listenForStop } from "../stop-signal.ts";

const args = {
  file: {
    type: "positional",
    description:
      "Where to; standard output unless given. It appears when it is complete, and is FILE.part until then",
    required: false,
  },
  prefix: { type: "string", description: "Only keys that begin so" },
  resume: {
    type: "boolean",
    description: "Go on with what an interrupted export left in FILE.part",
  },
  verify: {
    type: "boolean",
    description: "Check the backup FILE instead; no node is asked",
  },
  plain: {
    type: "boolean",
    description:
      "Lines with keys and values alone, for other programs: no checksums, times to live as seconds that are left",
  },
  ...jsonArg,
  ...clientArgs,
  ...patientTimeoutArg,
} as const;

type ExportInvocation = Invocation<typeof args>;

/** Writes a backup or plain lines, or checks one; where keys go to standard output the count goes to standard error. */
export const exportKeys = command({
  name: "export",
  description:
    "Back up every key of the ring, or those with a prefix, as checksummed NDJSON",
  args,
  examples: [
    "ringwalk export backup.ndjson",
    "ringwalk export backup.ndjson --resume      after it was interrupted",
    "ringwalk export --verify backup.ndjson",
    "ringwalk export --plain --prefix user/ | jq -r .key",
    "ringwalk export --node http://old:8000 | ringwalk import - --node http://new:8000",
  ],
  async run(invocation) {
    const { file, verify, resume, plain, json } = invocation.args;
    const isToFile = file !== undefined && file !== "-";
    if (verify) {
      if (file === undefined)
        throw usageError(
          "Say which backup to check: ringwalk export --verify FILE",
        );
      return verifyFile(file, json);
    }
    if (resume && (!isToFile || plain))
      throw usageError(
        "--resume goes on with the backup of a FILE: name it, and leave out --plain.",
      );
    if (isToFile) await checkFolder(file);
    const started = performance.now();
    const exported = isToFile
      ? await (plain ? toPlainFile : toFile)(invocation, file)
      : await toStandardOutput(invocation);
    const seconds = Math.round((performance.now() - started) / 10) / 100;
    const summary = json
      ? JSON.stringify({ exported, seconds })
      : `${exported} keys exported in ${seconds} s`;
    if (isToFile) await writeLine(summary);
    else note(summary);
    return exitCodes.ok;
  },
});

/** The ring, and how its keys are listed. */
async function sourceOf(invocation: ExportInvocation): Promise<Source> {
  const signal = listenForStop();
  const ring = await clientOf(invocation, patience).status({ signal });
  const nodes = createNodeList({
    urls: nodesOf(invocation).map(nodeUrl),
    policy: "sticky",
    now: () => performance.now(),
  });
  // The other members can go on when the nodes that were named are gone.
  for (const { url } of ring.members) nodes.add(nodeUrl(url));
  const { prefix } = invocation.args;
  return {
    header: headerOf(ring, prefix),
    parts: {
      nodes,
      headers: authorizationOf(invocation.args),
      ringId: ring.ringId,
      prefix,
      timeoutMs: timeoutMsOf(invocation.args) ?? patience.timeoutMs,
      signal,
    },
  };
}

interface Source {
  readonly header: BackupHeader;
  readonly parts: ListingParts;
}

/** Counts on the screen; how many keys there will be nobody knows before. */
async function counted<T>(
  run: (onCount: (count: number) => void) => Promise<T>,
): Promise<T> {
  const progress = createProgress({ label: "export", total: undefined });
  try {
    return await run((count) => progress.update(0, `${count} keys`));
  } finally {
    progress.stop();
  }
}

async function toStandardOutput(invocation: ExportInvocation): Promise<number> {
  const source = await sourceOf(invocation);
  const from = emptyDraft();
  const flush = async () => {};
  try {
    return await counted((onCount) =>
      invocation.args.plain
        ? runPlainExport({ ...source, write, onCount })
        : runExport({ ...source, from, write, flush, onCount }),
    );
  } catch (error) {
    throw told(error, source, "What was printed is a part.");
  }
}

async function toPlainFile(
  invocation: ExportInvocation,
  file: string,
): Promise<number> {
  const source = await sourceOf(invocation);
  const draft = await openDraft(file, 0);
  try {
    const { write } = draft;
    const count = await counted((onCount) =>
      runPlainExport({ ...source, write, onCount }),
    );
    await draft.finish();
    return count;
  } catch (error) {
    await draft.close();
    await draft.remove();
    throw told(error, source, `There is no ${file}: begin anew.`);
  }
}

async function toFile(
  invocation: ExportInvocation,
  file: string,
): Promise<number> {
  const source = await sourceOf(invocation);
  const from = await beginningOf(file, source, invocation.args.resume ?? false);
  const draft = await openDraft(file, from.bytes);
  const { write, flush } = draft;
  try {
    const count = await counted((onCount) =>
      runExport({ ...source, from, write, flush, onCount }),
    );
    await draft.finish();
    return count;
  } catch (error) {
    await draft.close();
    const next = `What there is so far is in ${draftPath(file)}; go on with: ringwalk export ${file} --resume`;
    if (!source.parts.signal.aborted) note(next);
    throw told(error, source, next);
  }
}

/** Old keys in a new backup would be no backup: what an earlier run left is taken up only when that is asked for. */
async function beginningOf(
  file: string,
  { header, parts }: Source,
  isResuming: boolean,
): Promise<DraftState> {
  const left = await readDraft(file);
  const path = draftPath(file);
  if (!left.header) {
    if (isResuming) note(`There is no ${path} to go on with: it begins anew.`);
    return emptyDraft();
  }
  const { startedAt, ringId, prefix } = left.header;
  const what = `the export of ${startedAt} with ${left.count} keys`;
  if (!isResuming) {
    note(`${path} had ${what}, and begins anew; --resume would go on with it.`);
    return emptyDraft();
  }
  if (prefix !== parts.prefix)
    throw usageError(
      `${path} is ${what} and ${prefix === undefined ? "no --prefix" : `--prefix ${prefix}`}: give the same, or leave out --resume.`,
    );
  if (ringId !== header.ringId)
    throw new CliError({
      code: "wrong_ring",
      message: `${path} is ${what} of ring ${ringId}, and this is ring ${header.ringId}: ask a node of that ring, or leave out --resume.`,
    });
  note(`${path} goes on: ${what}.`);
  return left;
}

/** The error as it is; or that the user has ended the export, with the next step. */
function told(error: unknown, { parts }: Source, next: string): unknown {
  if (!parts.signal.aborted) return error;
  return new CliError({ code: "interrupted", message: `Stopped. ${next}` });
}
