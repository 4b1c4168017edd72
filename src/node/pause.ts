/** The pause between two tries of an operation. */
import { retryDelayMsMax, retryDelayMsMin } from "../core/limits.ts";
import type { Random } from "../ports.ts";
import type { Deadline } from "./deadline.ts";

/** Waits a little, longer with each try, by chance: duelling coordinators must not meet again. */
export function pauseAfter(
  tries: number,
  deadline: Deadline,
  random: Random,
): Promise<void> {
  const delayMs = Math.min(retryDelayMsMin * 2 ** tries, retryDelayMsMax);
  return deadline.sleep(delayMs * (0.5 + random.fraction()));
}
