/** Values that tell their version, and whether they are whole. */

import type { Stored } from "../../src/ports.ts";

/** The version, over and over. */
export function versionBytes(version: number, length = 20_000): Uint8Array {
  return new Uint8Array(new Float64Array(length / 8).fill(version).buffer);
}

/** The version that a record holds; "absent", or what is wrong with it. */
export function versionOf(stored: Stored): number | string {
  if (stored.kind === "unreadable") return `unreadable: ${stored.reason}`;
  if (stored.kind === "absent") return "absent";
  const versions = new Set(new Float64Array(stored.bytes.slice().buffer));
  const [version] = versions;
  return versions.size === 1 && version !== undefined ? version : "torn";
}
