/** The course of an export: from the ring's listing into a backup's lines. */
import type { RingStatus } from "../../client/status.ts";
import {
  type ListedKey,
  type ListingParts,
  type ListingPlace,
  listRing,
} from "../ring-listing.ts";
import type { DraftState } from "./draft.ts";
import { summedLine } from "./line-sum.ts";
import {
  type BackupEntry,
  type BackupHeader,
  backupVersion,
} from "./records.ts";

/** Where an export reads and writes; what was written need not be on a disk until `flush` resolves. */
interface ExportRun {
  readonly parts: ListingParts;
  readonly header: BackupHeader;
  /** How far it is; it begins where an earlier one ended. */
  readonly from: DraftState;
  readonly write: (line: string) => Promise<void>;
  /** Called at places where an interrupted export can be gone on with. */
  readonly flush: () => Promise<void>;
  readonly onCount: (count: number) => void;
}

/** What stands in the first line of a backup of this ring. */
export function headerOf(
  { ringId, settings }: RingStatus,
  prefix: string | undefined,
): BackupHeader {
  return {
    ringwalk: "backup",
    version: backupVersion,
    ringId,
    consistency: settings.consistency,
    ...(prefix !== undefined && { prefix }),
    startedAt: new Date().toISOString(),
  };
}

/** Writes all lines that are missing; resolves with the number of keys in all of them. */
export async function runExport(run: ExportRun): Promise<number> {
  let { running, count } = run.from;
  const writeSummed = async (object: object) => {
    const next = summedLine(object, running);
    await run.write(next.line);
    running = next.running;
  };
  if (run.from.bytes === 0) await writeSummed(run.header);
  const { cursor, seen } = run.from;
  const place: ListingPlace = { cursor, seen };
  for await (const found of listRing(run.parts, place)) {
    if (found.kind === "cursor") {
      await writeSummed({ cursor: found.cursor });
      await run.flush();
    } else {
      await writeSummed(entryOf(found.listed));
      run.onCount(++count);
    }
  }
  await writeSummed({ end: true, count, endedAt: new Date().toISOString() });
  return count;
}

function entryOf({ etag, ttl, ...listed }: ListedKey): BackupEntry {
  return {
    ...listed,
    ...(ttl !== undefined && {
      expiresAt: new Date(Date.now() + ttl * 1000).toISOString(),
    }),
    revision: etag.replace(/^"|"$/g, ""),
  };
}

/** The same keys as lines without checksums, for other programs. */
export async function runPlainExport({
  parts,
  write,
  onCount,
}: Pick<ExportRun, "parts" | "write" | "onCount">): Promise<number> {
  let count = 0;
  const place: ListingPlace = { cursor: undefined, seen: new Set() };
  for await (const found of listRing(parts, place)) {
    if (found.kind === "cursor") continue;
    const { etag, ...plain } = found.listed;
    await write(`${JSON.stringify(plain)}\n`);
    onCount(++count);
  }
  return count;
}
