/** What a file asks to be imported, line by line: of a backup, or of plain lines. */
import { CliError } from "../exit-code.ts";
import { type ImportedKey, parseImportLine } from "../import-line.ts";
import { type Line, linesOf } from "../lines.ts";
import { lineBytesMax } from "../ring-listing.ts";
import { isBackupLine, readBackup } from "./read.ts";
import type { BackupEntry, BackupHeader } from "./records.ts";

/** A key to store. */
export interface KeyToImport extends ImportedKey {
  /** When it is over, in milliseconds since 1970; absent for one without an end, and for plain lines. */
  readonly expiresAt?: number;
  /** That it had in the ring of the backup. */
  readonly revision?: string;
}

/** What a line came to; `number` is that of the line, from 1, and `bytesRead` where it ends in the file. */
export type ImportItem =
  | {
      readonly kind: "key";
      readonly number: number;
      readonly bytesRead: number;
      readonly key: KeyToImport;
    }
  /** A line that cannot be read. */
  | {
      readonly kind: "wrong";
      readonly number: number;
      readonly message: string;
    };

/** What a file turned out to be; its items can be read once. */
export interface ImportSource {
  /** Absent for plain lines, and for a backup whose first line is damaged. */
  readonly header?: BackupHeader;
  readonly isBackup: boolean;
  readonly items: AsyncIterable<ImportItem>;
}

/**
 * Reads the first line to see which of both it is. Damage of a backup throws where it is met, unless `skipsDamage`: then
 * it is an item like a plain line that cannot be read.
 */
export async function importSource(
  stream: AsyncIterable<Uint8Array>,
  { skipsDamage }: { readonly skipsDamage: boolean },
): Promise<ImportSource> {
  const lines = linesOf(stream, lineBytesMax, { isLenient: true });
  const first = await lines.next();
  if (first.done) return { isBackup: false, items: plainItems(lines) };
  const all = withFirst(first.value, lines);
  if (!isBackupLine(first.value))
    return { isBackup: false, items: plainItems(all) };
  const records = readBackup(all);
  const head = await records.next();
  const header = !head.done && head.value.kind === "header" && head.value;
  const rest = header ? records : withFirst(head.value, records);
  return {
    isBackup: true,
    ...(header && { header: header.header }),
    items: backupItems(rest, skipsDamage),
  };
}

async function* withFirst<T>(
  first: T,
  rest: AsyncIterable<T>,
): AsyncGenerator<T> {
  yield first;
  yield* rest;
}

async function* backupItems(
  records: ReturnType<typeof readBackup>,
  skipsDamage: boolean,
): AsyncGenerator<ImportItem> {
  for await (const record of records) {
    if (record.kind === "damage") {
      const { number, message } = record;
      if (!skipsDamage)
        throw new CliError({
          code: "backup_damaged",
          message: `Line ${number} of the backup: ${message} What comes behind it was not imported; --skip-damaged goes on with the lines that are whole.`,
        });
      yield { kind: "wrong", number, message };
    } else if (record.kind === "entry") {
      const { number, bytesRead } = record.line;
      yield { kind: "key", number, bytesRead, key: keyOf(record.entry) };
    }
  }
}

function keyOf(entry: BackupEntry): KeyToImport {
  const { key, value, base64, contentType, metadata, revision } = entry;
  return {
    key,
    bytes: Buffer.from(
      value ?? base64 ?? "",
      value === undefined ? "base64" : "utf8",
    ),
    ...(contentType !== undefined && { contentType }),
    ...(metadata && { metadata }),
    ...(entry.expiresAt !== undefined && {
      expiresAt: Date.parse(entry.expiresAt),
    }),
    revision,
  };
}

async function* plainItems(
  lines: AsyncIterable<Line>,
): AsyncGenerator<ImportItem> {
  for await (const { number, bytesRead, text, isUtf8 } of lines) {
    try {
      if (!isUtf8) throw new Error("it is not UTF-8: is this NDJSON?");
      yield { kind: "key", number, bytesRead, key: parseImportLine(text) };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      yield { kind: "wrong", number, message };
    }
  }
}
