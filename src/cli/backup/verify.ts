/** Checks a backup without a ring: whether each line is as it was written, and none is missing. */
import type { Line } from "../lines.ts";
import { type Damage, readBackup } from "./read.ts";
import type { BackupEnd, BackupHeader } from "./records.ts";

/** Whole when `damageCount` is 0; `header` and `end` are absent where they were not found. */
export interface Verdict {
  readonly header?: BackupHeader;
  readonly end?: BackupEnd;
  /** Keys that can be read. */
  readonly count: number;
  /** The first of them: a file that is no backup has nothing else. */
  readonly damage: readonly Damage[];
  readonly damageCount: number;
}

/** Of more nobody reads. */
const damageShownMax = 10;

/** `onLine` gets the bytes and keys read so far. */
export async function verifyBackup(
  lines: AsyncIterable<Line>,
  onLine: (bytesRead: number, count: number) => void = () => {},
): Promise<Verdict> {
  let header: BackupHeader | undefined;
  let end: BackupEnd | undefined;
  let count = 0;
  let damageCount = 0;
  const damage: Damage[] = [];
  for await (const item of readBackup(lines)) {
    switch (item.kind) {
      case "damage":
        damageCount++;
        if (damage.length < damageShownMax) damage.push(item);
        continue;
      case "header":
        header = item.header;
        break;
      case "entry":
        count++;
        break;
      case "end":
        end = item.end;
    }
    onLine(item.line.bytesRead, count);
  }
  return {
    ...(header && { header }),
    ...(end && { end }),
    count,
    damage,
    damageCount,
  };
}
