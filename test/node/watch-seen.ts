/** What a watch has shown so far, as lines, and a way to wait for the next. */
import { formatBallot } from "../../src/core/ballot.ts";
import type { Result } from "../../src/core/errors.ts";
import type { Watch } from "../../src/node/watch.ts";

export interface Seen {
  /** Values as text, `(absent)`, and `(ended)` with the error's code where there is one. */
  readonly lines: string[];
  /** The revisions of the values, in order. */
  readonly ids: string[];
  close(): void;
}

/** Takes every state as it comes, until the watch ends. */
export function seenBy(opened: Result<Watch>): Seen {
  if (!opened.ok) throw new Error(opened.error.message);
  const watch = opened.value;
  const seen: Seen = { lines: [], ids: [], close: watch.close };
  void takeAll(watch, seen);
  return seen;
}

async function takeAll(watch: Watch, { lines, ids }: Seen): Promise<void> {
  for (;;) {
    const event = await watch.next(1_000);
    switch (event.kind) {
      case "value":
        lines.push(new TextDecoder().decode(event.value.value));
        ids.push(formatBallot(event.value.revision));
        break;
      case "absent":
        lines.push("(absent)");
        break;
      case "ended":
        lines.push(`(ended${event.error ? ` ${event.error.code}` : ""})`);
        return;
    }
  }
}
