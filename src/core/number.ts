/** Numbers as values: what an increment reads, adds up and writes. */
import { numberTextBytesMax } from "./limits.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

/** The number whose JSON text (RFC 8259, section 6) the bytes are; absent when they are anything else, or it is not finite. */
export function numberIn(bytes: Uint8Array): number | undefined {
  if (bytes.byteLength > numberTextBytesMax) return undefined;
  try {
    const number: unknown = JSON.parse(decoder.decode(bytes));
    return Number.isFinite(number) ? Number(number) : undefined;
  } catch {
    return undefined;
  }
}

/** The JSON text of a finite number, in UTF-8. */
export function numberText(number: number): Uint8Array {
  return encoder.encode(JSON.stringify(number));
}

/** What a sum must not fall below, or rise above; absent means no bound. */
export interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

/**
 * The sum; absent when it lies outside the bounds, or would not be what a person reckons: whole numbers count only as
 * far as a double tells each from the next, and others while the sum is finite.
 */
export function addNumbers(
  number: number,
  by: number,
  { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY }: Bounds,
): number | undefined {
  const sum = number + by;
  const isWhole = Number.isInteger(number) && Number.isInteger(by);
  const isExact = isWhole
    ? [number, by, sum].every(Number.isSafeInteger)
    : Number.isFinite(sum);
  // A negative zero is written as 0, and has to be told as what is written.
  return isExact && sum >= min && sum <= max ? sum + 0 : undefined;
}
