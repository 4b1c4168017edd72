/** A progress bar on standard error, for people at a terminal. */
import { SingleBar } from "cli-progress";
import { canRedraw } from "./output.ts";

/** What is under way, as long as it goes on; the cursor is hidden until `stop`. */
export interface Progress {
  /** `value` counts towards the total; `text` stands beside the bar. */
  update(value: number, text: string): void;
  stop(): void;
}

/**
 * A bar towards `total`, or the text and the time alone when the total is unknown; nothing at all when nobody watches.
 * `label` says what is going on.
 */
export function createProgress({
  label,
  total,
}: {
  readonly label: string;
  readonly total: number | undefined;
}): Progress {
  if (!canRedraw(process.stderr)) return { update: () => {}, stop: () => {} };
  const bar = new SingleBar({
    format:
      total === undefined
        ? "{label}: {text} in {duration_formatted}"
        : "{label} {bar} {percentage} %, {text}, {eta_formatted} left",
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
    etaBuffer: 100,
    barCompleteChar: "█",
    barIncompleteChar: "░",
  });
  bar.start(total ?? 0, 0, { label, text: "..." });
  return {
    update: (value, text) => bar.update(value, { text }),
    stop: () => bar.stop(),
  };
}
