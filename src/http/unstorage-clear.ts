/** Deletes all keys below a base for unstorage's `http` driver, within a bounded time, and says when some are left. */
import type { RingError } from "../core/errors.ts";
import { clearMsMax, clearOperationsMax } from "../core/limits.ts";
import { type Answer, empty } from "./answer.ts";
import { consistencyHeaders } from "./consistency-header.ts";
import type { AppOptions } from "./options.ts";
import { type Problem, problem } from "./problem.ts";
import { baseOf, keysBelow } from "./unstorage-listing.ts";

/**
 * An empty 200 when every key that was there throughout is deleted. The first failure, or the end of the time, ends it:
 * then `clear_incomplete`, or the failure itself where nothing has been deleted. To repeat it is always safe.
 */
export async function clearKeys(
  options: AppOptions,
  request: Request,
): Promise<Answer> {
  const base = baseOf(request);
  if (!base.ok) return problem(base.error);
  const { node } = options;
  const run = createRun(options);
  for await (const page of keysBelow(node, base.value)) {
    if (page.ok) await run.deleteAll(page.value);
    else run.fail(page.error);
    const reason = run.endReason();
    if (reason) return problem(reason, consistencyHeaders(node));
  }
  return empty(200, consistencyHeaders(node));
}

function createRun({ node, clock }: AppOptions) {
  const deadline = clock.now() + clearMsMax;
  let deletedCount = 0;
  let failure: RingError | undefined;
  let isLate = false;

  async function deleteAll(keys: readonly string[]): Promise<void> {
    let at = 0;
    const work = async () => {
      while (!failure && at < keys.length) {
        isLate ||= clock.now() >= deadline;
        if (isLate) return;
        const deleted = await node.delete(keys[at++] ?? "");
        if (deleted.ok) deletedCount++;
        else failure ??= deleted.error;
      }
    };
    await Promise.all(Array.from({ length: clearOperationsMax }, work));
  }

  /** Absent while nothing stands in the way. */
  function endReason(): Problem | undefined {
    if (failure && deletedCount === 0) return failure;
    if (!failure && !isLate) return undefined;
    const why = failure ? failure.message : "its time is over.";
    return {
      code: "clear_incomplete",
      message: `Keys are left: ${why} Send it again; it goes on with them.`,
      details: { deletedCount, ...(failure && { code: failure.code }) },
    };
  }

  return {
    deleteAll,
    endReason,
    fail: (error: RingError) => {
      failure ??= error;
    },
  };
}
