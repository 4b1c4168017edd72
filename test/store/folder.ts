/** A folder of a test's own. */

import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Makes a folder that every user may enter, and removes it when the test ends. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "ringwalk-store-"));
  chmodSync(folder, 0o755);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
