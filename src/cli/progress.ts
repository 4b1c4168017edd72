/** A progress bar on standard error, for people at a terminal. */
import { SingleBar } from "cli-progress";
import { canRedraw } from "./output.ts";

export interface Progress {
  /** `value` counts towards the total; `keys` is shown beside the bar. */
  update(value: number, keys: number): void;
  stop(): void;
}

/** A bar towards `total`, or a plain count when the total is unknown; nothing at all when nobody watches. */
export function createProgress(total: number | undefined): Progress {
  if (!canRedraw(process.stderr)) return { update: () => {}, stop: () => {} };
  const bar = new SingleBar({
    format:
      total === undefined
        ? "{keys} keys, {duration_formatted}"
        : "{bar} {percentage} %, {keys} keys, {eta_formatted} left",
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
    etaBuffer: 100,
    barCompleteChar: "█",
    barIncompleteChar: "░",
  });
  bar.start(total ?? 0, 0, { keys: 0 });
  return {
    update: (value, keys) => bar.update(value, { keys }),
    stop: () => bar.stop(),
  };
}
