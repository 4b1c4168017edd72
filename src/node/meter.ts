/** What a node counts of its own work, under which names. */
import type { Result } from "../core/errors.ts";
import type { Clock } from "../ports.ts";
import type { RingNode } from "./api.ts";
import type { Coordinator } from "./coordinator.ts";
import type { Metrics } from "./metrics.ts";

/** A step of the protocol that goes to several replicas at once. */
export type Round = "read" | "write-back" | "prepare" | "accept";

/** What the node's parts call as they work. Outcomes are kept for good, each with its number: there must be few. */
export interface Meter {
  round(round: Round): void;
  /** An attempt was not the last one of its operation. */
  retried(kind: "read" | "change"): void;
  forwarded(outcome: string): void;
  peerCall(outcome: string, durationMs: number): void;
  /** An identity change, for copy or repair. */
  refreshed(by: "copy" | "repair", isDone: boolean): void;
}

/** From a round trip in one machine to the longest that a call or an operation may take. */
export const durationBoundsSeconds: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** Makes the families in `metrics`, once for a node. */
export function createMeter(metrics: Metrics): Meter {
  const rounds = metrics.counter({
    name: "ringwalk_quorum_rounds_total",
    help: "Rounds of messages to the replicas of a key, by step.",
    labels: ["round"],
  });
  const retries = metrics.counter({
    name: "ringwalk_retries_total",
    help: "Attempts at reads and changes that had to be made again.",
    labels: ["kind"],
  });
  const forwards = metrics.counter({
    name: "ringwalk_forwards_total",
    help: "Operations passed on to a replica that coordinates them, by what came back.",
    labels: ["outcome"],
  });
  const calls = metrics.counter({
    name: "ringwalk_peer_calls_total",
    help: "Messages to other members, each with many requests, by how the call ended.",
    labels: ["outcome"],
  });
  const callSeconds = metrics.histogram({
    name: "ringwalk_peer_call_duration_seconds",
    help: "How long calls to other members took, to the millisecond.",
    bounds: durationBoundsSeconds,
  });
  const refreshes = metrics.counter({
    name: "ringwalk_refreshes_total",
    help: "Keys that copy or repair brought to all their replicas, or tried to.",
    labels: ["by", "outcome"],
  });
  const cells = {
    read: rounds("read"),
    "write-back": rounds("write-back"),
    prepare: rounds("prepare"),
    accept: rounds("accept"),
  } satisfies Record<Round, unknown>;
  const ofCalls = callSeconds();
  return {
    round: (round) => cells[round].add(),
    retried: (kind) => retries(kind).add(),
    forwarded: (outcome) => forwards(outcome).add(),
    peerCall(outcome, durationMs) {
      calls(outcome).add();
      // The wall clock may have been set back meanwhile.
      ofCalls.observe(Math.max(0, durationMs) / 1000);
    },
    refreshed: (by, isDone) => refreshes(by, isDone ? "done" : "failed").add(),
  };
}

/** The same coordinator, whose refreshes are counted as `by`'s. */
export function countRefreshes(
  coordinator: Coordinator,
  meter: Pick<Meter, "refreshed">,
  by: "copy" | "repair",
): Coordinator {
  return {
    ...coordinator,
    async refresh(...asked) {
      const refreshed = await coordinator.refresh(...asked);
      meter.refreshed(by, refreshed !== undefined);
      return refreshed;
    },
  };
}

type Counted = Pick<
  RingNode,
  "get" | "put" | "delete" | "increment" | "touch" | "keys"
>;

/** What clients asked for since the process began, key by key, and how long it took together; listings walk the whole ring, and are no part of it. */
export interface OperationTotals {
  readonly operations: number;
  readonly operationMs: number;
}

/** The same operations, counted by their names and how they ended (`ok`, or the error's code), and timed. */
export function countOperations(
  node: Counted,
  metrics: Metrics,
  clock: Pick<Clock, "now">,
): Counted & { readonly totals: () => OperationTotals } {
  const totals = { operations: 0, operationMs: 0 };
  const durations = metrics.histogram({
    name: "ringwalk_operation_duration_seconds",
    help: "How long these operations took, to the millisecond.",
    labels: ["operation"],
    bounds: durationBoundsSeconds,
  });
  const operations = metrics.counter({
    name: "ringwalk_operations_total",
    help: "Operations that this node was asked for by clients, watches included, by how they ended.",
    labels: ["operation", "outcome"],
  });

  function counted<Args extends readonly unknown[], Value>(
    name: keyof Counted,
    run: (...args: Args) => Promise<Result<Value>>,
  ): (...args: Args) => Promise<Result<Value>> {
    const done = operations(name, "ok");
    const duration = durations(name);
    return async (...args) => {
      const startedAt = clock.now();
      const result = await run(...args);
      // The wall clock may have been set back meanwhile.
      const durationMs = Math.max(0, clock.now() - startedAt);
      duration.observe(durationMs / 1000);
      if (name !== "keys") {
        totals.operations++;
        totals.operationMs += durationMs;
      }
      if (result.ok) done.add();
      else operations(name, result.error.code).add();
      return result;
    };
  }

  return {
    totals: () => ({ ...totals }),
    get: counted("get", node.get),
    put: counted("put", node.put),
    delete: counted("delete", node.delete),
    increment: counted("increment", node.increment),
    touch: counted("touch", node.touch),
    keys: counted("keys", node.keys),
  };
}
