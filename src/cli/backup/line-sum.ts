/** Checksums of a backup's lines: one of the line itself, and a running one of all lines up to it. */
import { createHash } from "node:crypto";

/** What a line says of itself and of those before it, in hexadecimal. */
interface LineSum {
  readonly own: string;
  readonly running: string;
}

/** Before the first line. */
export const noLines = "";

/** 48 bits: they tell accidents, not forgers, who could make all of them anew. */
const digits = 12;
/** JSON leaves U+2028 and U+2029 as they are, and a dot stands for them with the flag alone. */
const summed = new RegExp(
  `^(.*),"sum":"([0-9a-f]{${digits}})\\.([0-9a-f]{${digits}})"\\}$`,
  "s",
);

/** The object as a line that ends with its sum; `before` is the running checksum of the line before it. */
export function summedLine(
  object: object,
  before: string,
): { readonly line: string; readonly running: string } {
  const text = JSON.stringify(object).slice(0, -1);
  const { own, running } = lineSumOf(text, before);
  return { line: `${text},"sum":"${own}.${running}"}\n`, running };
}

/** A line without its sum, and what the sum says; absent: it has none. */
export function unsummed(
  line: string,
): { readonly text: string; readonly sum: LineSum } | undefined {
  const [, text, own, running] = summed.exec(line) ?? [];
  if (text === undefined || own === undefined || running === undefined)
    return undefined;
  return { text, sum: { own, running } };
}

/** What the sum of the text should be behind the running checksum `before`. */
export function lineSumOf(text: string, before: string): LineSum {
  const own = hash(text);
  return { own, running: hash(before + own) };
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, digits);
}
