/** The error that a store rejects with: a stable code, and a message that names the next step. */

/** Why a store refused. The codes are stable; programs may rely on them. */
export type StoreErrorCode =
  /** Another process, or another store of this one, holds the data folder. */
  | "data_folder_in_use"
  /** The folder or its files cannot be written. */
  | "store_read_only"
  /** The disk, a quota or a file size limit is exhausted. */
  | "store_full"
  /** The files as a whole cannot be read. A single damaged record is `unreadable` instead, and no error. */
  | "store_corrupt"
  /** Everything else: an I/O error, an unreachable service, a store that was closed. */
  | "store_failed";

/** An operating error of a store. What it rejects was not acknowledged; the bytes on disk are the old ones or the new. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/**
 * Turns whatever a driver threw, or returned as an error, into a `StoreError`.
 * `place` is the folder or the driver as its operator knows it, for the message.
 */
export function toStoreError(cause: unknown, place: string): StoreError {
  if (cause instanceof StoreError) return cause;
  const code = codeOf(cause);
  return new StoreError(code, messages[code](place, reasonOf(cause)), cause);
}

const messages: Readonly<
  Record<StoreErrorCode, (place: string, reason: string) => string>
> = {
  data_folder_in_use: (place) =>
    `The data folder ${place} is in use by another process: stop that one, or give this node a folder of its own.`,
  store_read_only: (place, reason) =>
    `The store in ${place} cannot be written (${reason}): let this user write there, or choose another data folder.`,
  store_full: (place, reason) =>
    `No space is left for the store in ${place} (${reason}): free some; writes then succeed again without a restart.`,
  store_corrupt: (place, reason) =>
    `The store in ${place} is damaged (${reason}): move it away and let this node replace itself from its peers.`,
  store_failed: (place, reason) =>
    `The store in ${place} failed (${reason}): look at the disk or service behind it, then restart this node.`,
};

function codeOf(cause: unknown): StoreErrorCode {
  const code = textAt(cause, "code") ?? "";
  return sqliteCode(cause) ?? systemCodes.get(code) ?? "store_failed";
}

/** Deno tells SQLite's result code for some calls only; its text is as fixed. */
function sqliteCode(cause: unknown): StoreErrorCode | undefined {
  const result = fieldOf(cause, "errcode");
  const message = textAt(cause, "message");
  return sqliteErrors.find(([primary, text]) =>
    typeof result === "number" ? primary === (result & 0xff) : text === message,
  )?.[2];
}

/** Primary result codes (https://www.sqlite.org/rescode.html; extended ones carry theirs in the low byte) and texts. */
const sqliteErrors: readonly (readonly [number, string, StoreErrorCode])[] = [
  [3, "access permission denied", "store_read_only"],
  [5, "database is locked", "data_folder_in_use"],
  [6, "database table is locked", "data_folder_in_use"],
  [8, "attempt to write a readonly database", "store_read_only"],
  [11, "database disk image is malformed", "store_corrupt"],
  [13, "database or disk is full", "store_full"],
  [26, "file is not a database", "store_corrupt"],
];

const systemCodes: ReadonlyMap<string, StoreErrorCode> = new Map([
  ["EACCES", "store_read_only"],
  ["EPERM", "store_read_only"],
  ["EROFS", "store_read_only"],
  ["ENOSPC", "store_full"],
  ["EDQUOT", "store_full"],
  ["EFBIG", "store_full"],
]);

/** In few words: SQLite's text, the system's code, or else the message. */
function reasonOf(cause: unknown): string {
  const code = textAt(cause, "code");
  const systemCode = code && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
  return (
    textAt(cause, "errstr") ??
    systemCode ??
    textAt(cause, "message") ??
    String(cause)
  );
}

function textAt(value: unknown, field: string): string | undefined {
  const found = fieldOf(value, field);
  return typeof found === "string" && found !== "" ? found : undefined;
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === "object" && value !== null
    ? Reflect.get(value, field)
    : undefined;
}
