/** The registers that decide layouts: their reserved keys, and whose they are. */
import { ballotZero } from "../core/ballot.ts";
import { decodeLayout } from "../core/layout-codec.ts";
import type { Register } from "../core/register.ts";

/** The key of the register that decides the layout of this epoch. */
export function layoutKey(epoch: number): string {
  return `layout/${epoch}`;
}

/** The inverse of `layoutKey`. */
export function epochOfLayoutKey(key: string): number {
  return Number(key.slice("layout/".length));
}

/**
 * The register as this ring may see it. Of two forces at once the one gives way to the other, at the same epoch and over the
 * same store: what was accepted in the ring that is no more says nothing here, and deciding it would leave this ring
 * without a next layout for ever.
 */
export function ofRing(register: Register, ringId: string): Register {
  const value = register.entry?.value;
  const layout = value ? decodeLayout(value) : undefined;
  return layout && layout.ringId !== ringId
    ? { promised: register.promised, accepted: ballotZero }
    : register;
}
