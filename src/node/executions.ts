/**
 * Executes each forwarded operation once, however often its message comes. A repetition of one that is under way gets
 * its outcome; one of an attempt that ended without a quorum must not be executed after all. In an eventual ring no
 * attempt must, as what changed nothing left no id behind.
 */
import type { ExecuteOutcome } from "../core/message.ts";

/** What this process remembers of the operations that others forwarded to it. */
export interface Executions {
  /** `attempt` is the forward's own id; `execute` is not called when its outcome is known, or under way. */
  run(
    attempt: string,
    execute: () => Promise<ExecuteOutcome>,
  ): Promise<ExecuteOutcome>;
}

/** Attempts remembered. Of a linearizable ring's those that ended in vain: the entry's ids tell what was applied. */
const remembered = 10_000;

/** `remembersAll`: whether those that were committed are remembered too. */
export function createExecutions(remembersAll: () => boolean): Executions {
  const underWay = new Map<string, Promise<ExecuteOutcome>>();
  const ended = new Map<string, ExecuteOutcome>();

  async function once(
    attempt: string,
    execute: () => Promise<ExecuteOutcome>,
  ): Promise<ExecuteOutcome> {
    const outcome = await execute().finally(() => underWay.delete(attempt));
    const isInVain =
      outcome.kind === "no-quorum" || outcome.kind === "not-replica";
    if (isInVain || remembersAll()) {
      ended.set(attempt, isInVain ? { kind: "no-quorum" } : outcome);
      for (const oldest of ended.keys()) {
        if (ended.size <= remembered) break;
        ended.delete(oldest);
      }
    }
    return outcome;
  }

  return {
    run(attempt, execute) {
      const past = ended.get(attempt);
      if (past) return Promise.resolve(past);
      const known = underWay.get(attempt);
      if (known) return known;
      const outcome = once(attempt, execute);
      underWay.set(attempt, outcome);
      return outcome;
    },
  };
}
