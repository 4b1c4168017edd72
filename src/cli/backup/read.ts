/** Reads a backup line by line, and tells what is damaged with the line's number. */
import { CliError } from "../exit-code.ts";
import type { Line } from "../lines.ts";
import { lineSumOf, noLines, unsummed } from "./line-sum.ts";
import {
  type BackupHeader,
  type BackupRecord,
  backupVersion,
  recordOf,
} from "./records.ts";

/** A record with the line that it stands in, or what is wrong there. */
type BackupItem =
  | (BackupRecord & {
      readonly line: Line;
      /** The checksum of all lines up to this one. */
      readonly running: string;
    })
  | Damage;

/** Something that is wrong at one line; reading goes on behind it. */
export interface Damage {
  readonly kind: "damage";
  /** Of the line, from 1. */
  readonly number: number;
  /** For a person. */
  readonly message: string;
}

/** Whether a file's first line is that of a backup, or of one that has lost its own. */
export function isBackupLine({ text }: Line): boolean {
  return text.startsWith('{"ringwalk":') || unsummed(text) !== undefined;
}

/**
 * The records in order, and damage where it shows: an altered line is not among the records; the one behind a missing
 * line is. The last item of a whole backup is its end. Throws a `CliError` for a backup of another version.
 */
export async function* readBackup(
  lines: AsyncIterable<Line>,
): AsyncGenerator<BackupItem> {
  /** Absent behind a line whose sums cannot be read. */
  let running: string | undefined = noLines;
  let lastNumber = 0;
  let entryCount = 0;
  let isEnded = false;
  const damage = (number: number, message: string): Damage => ({
    kind: "damage",
    number,
    message,
  });

  for await (const line of lines) {
    const { number } = line;
    if (isEnded) yield damage(number, "it follows the end of the backup.");
    lastNumber = number;
    const found = unsummed(line.text);
    const expected = found && lineSumOf(found.text, running ?? noLines);
    if (!found || found.sum.own !== expected?.own) {
      yield damage(number, "it was torn or altered.");
      entryCount++;
      running = found?.sum.running;
      continue;
    }
    if (running !== undefined && found.sum.running !== expected.running)
      yield damage(
        number,
        "a line before it is missing, altered or out of its place.",
      );
    running = found.sum.running;
    const record = recordOf(`${found.text}}`);
    if (typeof record === "string") {
      yield damage(number, record);
      continue;
    }
    if ((record.kind === "header") !== (number === 1))
      yield damage(number, "the first line, and no other, says what this is.");
    if (record.kind === "header") checkVersion(record.header);
    if (record.kind === "entry") entryCount++;
    isEnded ||= record.kind === "end";
    if (record.kind === "end" && record.end.count !== entryCount)
      yield damage(
        number,
        `it tells of ${record.end.count} keys, and there are ${entryCount}.`,
      );
    yield { ...record, line, running };
  }
  if (!isEnded)
    yield damage(lastNumber + 1, "the backup ends before its last line.");
}

function checkVersion({ version }: BackupHeader): void {
  if (version !== backupVersion)
    throw new CliError({
      code: "backup_version",
      message: `The backup is of version ${version}, and this ringwalk reads ${backupVersion}: take the ringwalk that wrote it, or a newer one.`,
    });
}
