/** What a node tells of itself beside its ring: its release, its clock, its disk. */
import packageJson from "../../package.json" with { type: "json" };
import type { AppOptions } from "./options.ts";

/** Part of `/dht/status`, asked for by `ringwalk doctor`; not of its stream, where each look would differ. */
export interface SelfStatus {
  /** The release of ringwalk that the node runs. */
  readonly software: string;
  /** The node's clock, in milliseconds since 1970. */
  readonly now: number;
  /** Free bytes where the node's data is; absent where nobody knows. */
  readonly diskFreeBytes?: number;
}

/** As of now; who asks compares `now` with a clock of its own (`ringwalk doctor`). */
export function selfStatus({
  clock,
  diskFreeBytes,
}: Pick<AppOptions, "clock" | "diskFreeBytes">): SelfStatus {
  const free = diskFreeBytes?.();
  return {
    software: packageJson.version,
    now: clock.now(),
    ...(free !== undefined && { diskFreeBytes: free }),
  };
}
