/** The file that an export grows in, `FILE.part`: it gets its name when it is whole, and can be gone on with until then. */
import {
  access,
  type FileHandle,
  open,
  rename,
  rm,
  stat,
} from "node:fs/promises";
import { dirname } from "node:path";
import { fileError } from "../file-error.ts";
import { linesOf } from "../lines.ts";
import { lineBytesMax } from "../ring-listing.ts";
import { noLines } from "./line-sum.ts";
import { readBackup } from "./read.ts";
import type { BackupHeader } from "./records.ts";

/** An open `FILE.part`; what cannot be written is a `CliError` (`file_failed`). */
interface Draft {
  /** Appends; a line is on the disk after the next `flush`. */
  write(line: string): Promise<void>;
  flush(): Promise<void>;
  /** Gives the file its name. */
  finish(): Promise<void>;
  /** Leaves it with all that was written. */
  close(): Promise<void>;
  remove(): Promise<void>;
}

/** How far an unfinished export is. */
export interface DraftState {
  /** Absent: there is nothing to go on with. */
  readonly header?: BackupHeader;
  readonly cursor: string | undefined;
  /** Keys behind the cursor. */
  readonly seen: Set<string>;
  readonly count: number;
  /** The running checksum of its last line. */
  readonly running: string;
  /** Where its last whole line ends. */
  readonly bytes: number;
}

/** Before the first line. */
export const emptyDraft = (): DraftState => ({
  cursor: undefined,
  seen: new Set(),
  count: 0,
  running: noLines,
  bytes: 0,
});

/** Where an export to `file` grows until it is whole. */
export function draftPath(file: string): string {
  return `${file}.part`;
}

/**
 * Throws a `CliError` (`file_failed`) where the file's folder is missing, or `file` is a folder itself: better before
 * the ring is asked than after.
 */
export async function checkFolder(file: string): Promise<void> {
  await access(dirname(file)).catch((cause: unknown) => {
    throw fileError(dirname(file), cause);
  });
  const there = await stat(file).catch(() => undefined);
  if (there?.isDirectory()) throw fileError(file, { code: "EISDIR" });
}

/** What an interrupted export left. A torn last line is no loss: its key comes again. */
export async function readDraft(file: string): Promise<DraftState> {
  const path = draftPath(file);
  let handle: FileHandle;
  try {
    handle = await open(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return emptyDraft();
    throw fileError(path, cause);
  }
  try {
    return await stateOf(handle);
  } finally {
    await handle.close();
  }
}

/** Whatever is behind the first line that is not whole counts as not written. */
async function stateOf(handle: FileHandle): Promise<DraftState> {
  const stream = handle.createReadStream({ autoClose: false });
  const lines = linesOf(stream, lineBytesMax, { isLenient: true });
  let state = emptyDraft();
  for await (const item of readBackup(lines)) {
    if (item.kind === "damage" || item.kind === "end") break;
    if (!item.line.isEnded) break;
    if (item.kind === "cursor") state.seen.clear();
    if (item.kind === "entry") state.seen.add(item.entry.key);
    state = {
      ...state,
      ...(item.kind === "header" && { header: item.header }),
      ...(item.kind === "cursor" && { cursor: item.cursor }),
      count: state.count + (item.kind === "entry" ? 1 : 0),
      running: item.running,
      bytes: item.line.bytesRead,
    };
  }
  stream.destroy();
  return state;
}

/** Lines wait for one another until they are this long together: a write each would take most of the time. */
const bufferBytes = 256 * 1024;

/** Goes on behind `bytes`; what is behind them is cut off. */
export async function openDraft(file: string, bytes: number): Promise<Draft> {
  const path = draftPath(file);
  const failed = (cause: unknown): never => {
    throw fileError(path, cause);
  };
  const handle = await open(path, bytes === 0 ? "w" : "r+").catch(failed);
  let at = bytes;
  let waiting: string[] = [];
  let waitingLength = 0;
  await handle.truncate(bytes).catch(failed);

  async function writeOut(): Promise<void> {
    const chunk = Buffer.from(waiting.join(""));
    waiting = [];
    waitingLength = 0;
    for (let done = 0; done < chunk.byteLength; ) {
      const rest = chunk.byteLength - done;
      const { bytesWritten } = await handle.write(chunk, done, rest, at);
      done += bytesWritten;
      at += bytesWritten;
    }
  }

  async function flush(): Promise<void> {
    await writeOut().catch(failed);
    await handle.datasync().catch(failed);
  }

  return {
    async write(line) {
      waiting.push(line);
      waitingLength += line.length;
      if (waitingLength >= bufferBytes) await writeOut().catch(failed);
    },
    flush,
    async finish() {
      await flush();
      await handle.close();
      await rename(path, file).catch(failed);
      await syncFolder(dirname(file));
    },
    async close() {
      await writeOut().catch(() => {});
      await handle.close().catch(() => {});
    },
    remove: () => rm(path, { force: true }),
  };
}

/** A new name is on the disk when its folder is; where folders cannot be flushed the system sees to it. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder).catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}
