/** The flag `--ttl`. */
import { usageError } from "./exit-code.ts";

/** The client's option; none when the flag was not given. Throws a `CliError` when it is no time. */
export function ttlOf(text: string | undefined): {
  readonly ttlSeconds?: number;
} {
  if (text === undefined) return {};
  const ttlSeconds = Number(text);
  if (!(Number.isSafeInteger(ttlSeconds) && ttlSeconds > 0))
    throw usageError(`--ttl ${text} is not a whole number of seconds above 0.`);
  return { ttlSeconds };
}
