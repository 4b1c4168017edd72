/** How much room is left where a node keeps its data. */
import { statfsSync } from "node:fs";

/** Free bytes of the folder's file system, for a user without privileges; absent where it cannot tell. */
export function diskFreeBytes(folder: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
