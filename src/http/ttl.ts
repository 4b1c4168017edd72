/** Times to live: whole seconds in requests, and the remaining time in answers. */
import * as v from "valibot";
import { ttlSecondsMax } from "../core/limits.ts";

const message = `ttl is a whole number of seconds, from 1 to ${ttlSecondsMax}.`;

/** In a query. */
export const ttlInQuery = v.pipe(
  v.string(),
  v.regex(/^\d{1,10}$/, message),
  v.transform(Number),
  v.number(),
  v.integer(),
  v.minValue(1, message),
  v.maxValue(ttlSecondsMax, message),
);

/** In JSON. */
export const ttlInJson = v.pipe(
  v.number(message),
  v.integer(message),
  v.minValue(1, message),
  v.maxValue(ttlSecondsMax, message),
);

/** The header that tells the time which is left at `now` (ms since 1970), in seconds; none when the key stays. */
export function ttlHeader(
  expiresAt: number | undefined,
  now: number,
): Record<string, string> {
  if (expiresAt === undefined) return {};
  return { "ringwalk-ttl": String(ttlSecondsOf(expiresAt, now)) };
}

/** The whole seconds that are left at `now`, rounded up: a value that is there has some time left. */
export function ttlSecondsOf(expiresAt: number, now: number): number {
  return Math.max(0, Math.ceil((expiresAt - now) / 1000));
}
