/** Waiting for a condition, with a bound: a test never sleeps and hopes. */
import { setTimeout as sleep } from "node:timers/promises";

const pollMs = 25;
/** Far beyond what a loaded machine needs: when it is reached, the condition does not come. */
const timeoutMsDefault = 60_000;

/** Resolves when `holds` does; rejects with `what` should have come, and the last error that `holds` threw. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs = timeoutMsDefault,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  let lastError: unknown;
  while (performance.now() < deadline) {
    try {
      if (await holds()) return;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    await sleep(pollMs);
  }
  throw new Error(`in ${timeoutMs} ms it did not come that ${what}`, {
    cause: lastError,
  });
}
