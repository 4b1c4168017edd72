/** Checksums of a backup's lines: one of the line itself, and a running one of all lines up to it. */
import { createHash } from "node:crypto";

/** What a line says of itself and of those before it, in hexadecimal. */
export interface Seal {
  readonly own: string;
  readonly running: string;
}

/** Before the first line. */
export const noLines = "";

/** 48 bits: they tell accidents, not forgers, who could make all of them anew. */
const digits = 12;
const sealed = new RegExp(
  `^(.*),"sum":"([0-9a-f]{${digits}})\\.([0-9a-f]{${digits}})"\\}$`,
);

/** The object as a line that ends with its seal; `before` is the running checksum of the line before it. */
export function sealedLine(
  object: object,
  before: string,
): { readonly line: string; readonly running: string } {
  const text = JSON.stringify(object).slice(0, -1);
  const { own, running } = sealOf(text, before);
  return { line: `${text},"sum":"${own}.${running}"}\n`, running };
}

/** A line without its seal, and what the seal says; absent: it has none. */
export function unsealed(
  line: string,
): { readonly text: string; readonly seal: Seal } | undefined {
  const [, text, own, running] = sealed.exec(line) ?? [];
  if (text === undefined || own === undefined || running === undefined)
    return undefined;
  return { text, seal: { own, running } };
}

/** What the seal of the text should be behind the running checksum `before`. */
export function sealOf(text: string, before: string): Seal {
  const own = hash(text);
  return { own, running: hash(before + own) };
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, digits);
}
