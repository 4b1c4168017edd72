/** Values that are numbers, as histories have them: what an increment may find, and what it leaves. */
import { addNumbers, numberIn, numberText } from "../core/number.ts";
import type { Write } from "./history.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Absent for a value that is none. */
export function numberOf(value: string): number | undefined {
  return numberIn(encoder.encode(value));
}

/** Whether an increment can be added to the value. */
export function isNumber(value: string): boolean {
  return numberOf(value) !== undefined;
}

/** The value that the increment leaves of this one; absent when it must not, because of its bounds. */
export function sumOf(
  number: number,
  increment: Extract<Write, { kind: "increment" }>,
): string | undefined {
  const sum = addNumbers(number, increment.by, increment);
  return sum === undefined ? undefined : decoder.decode(numberText(sum));
}
