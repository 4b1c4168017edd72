/** A bar for a membership change while a command waits for it. */
import type { Target } from "../client/change-request.ts";
import { pause } from "../client/pause.ts";
import type { RingStatus } from "../client/status.ts";
import { canRedraw } from "./output.ts";
import { createProgress, type Progress } from "./progress.ts";
import { statusAt, withProgress } from "./ring-look.ts";

const lookMs = 500;

/** Shows how far the change is, as the node that was told sees it, until `change` has ended; nothing when nobody watches. */
export async function withChangeProgress<T>(
  change: Promise<T>,
  { call, node, label }: Target & { readonly label: string },
): Promise<T> {
  if (!canRedraw(process.stderr)) return change;
  const ended = new AbortController();
  const bar = changeBar(label);
  const watching = watch();
  try {
    return await change;
  } finally {
    ended.abort();
    await watching;
    bar.stop();
  }

  async function watch(): Promise<void> {
    const { signal } = ended;
    try {
      for (;;) {
        // A change that is short needs no bar.
        await pause(lookMs, signal);
        const status = await statusAt(node, { call, signal });
        if (status) bar.show(await withProgress(status, { call, signal }));
      }
    } catch {
      // It has ended.
    }
  }
}

/** Begins when there is something to show, and anew when there is more to do than before. */
function changeBar(label: string) {
  let bar: Progress | undefined;
  let total: number | undefined;

  function begin(next: number | undefined): Progress {
    if (bar && next === total) return bar;
    bar?.stop();
    total = next;
    bar = createProgress({ label, total });
    return bar;
  }

  return {
    show({ progress, importing }: RingStatus): void {
      if (progress)
        begin(progress.partitionsTotal).update(
          progress.partitionsDone,
          `${progress.partitionsDone} of ${progress.partitionsTotal} partitions, ${progress.keysCopied} keys copied`,
        );
      else if (importing)
        begin(undefined).update(0, `${importing.keysImported} keys taken over`);
    },
    stop: () => bar?.stop(),
  };
}
