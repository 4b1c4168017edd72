/** Broken: a record that cannot be read counts as none. */
import type { Register } from "../../core/register.ts";
import * as real from "../../node/place.ts";
import type { Stored } from "../../ports.ts";

export * from "../../node/place.ts";

/** The register of a key that was never there, where the real one gives none. */
export function registerOf(
  stored: Stored,
  since: number,
): Register | undefined {
  return real.registerOf(
    stored.kind === "unreadable" ? { kind: "absent" } : stored,
    since,
  );
}
