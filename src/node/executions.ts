/**
 * Executes each forwarded operation once, however often its message comes. A repetition of one that is under way gets
 * its outcome; one of an attempt that ended without a quorum must not be executed after all.
 */
import type { ExecuteOutcome } from "../core/message.ts";

export interface Executions {
  run(
    attempt: string,
    execute: () => Promise<ExecuteOutcome>,
  ): Promise<ExecuteOutcome>;
}

/** Attempts remembered as ended in vain. Others need no memory: the entry's ids tell what was applied. */
const remembered = 10_000;

export function createExecutions(): Executions {
  const underWay = new Map<string, Promise<ExecuteOutcome>>();
  const ended = new Set<string>();

  async function once(
    attempt: string,
    execute: () => Promise<ExecuteOutcome>,
  ): Promise<ExecuteOutcome> {
    const outcome = await execute().finally(() => underWay.delete(attempt));
    if (outcome.kind === "no-quorum" || outcome.kind === "not-replica") {
      ended.add(attempt);
      for (const oldest of ended) {
        if (ended.size <= remembered) break;
        ended.delete(oldest);
      }
    }
    return outcome;
  }

  return {
    run(attempt, execute) {
      if (ended.has(attempt)) return Promise.resolve({ kind: "no-quorum" });
      const known = underWay.get(attempt);
      if (known) return known;
      const outcome = once(attempt, execute);
      underWay.set(attempt, outcome);
      return outcome;
    },
  };
}
