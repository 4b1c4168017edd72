/** Reads, writes, deletes and listings as callers use them: the answers of the protocol turned into results. */
import type { Entry } from "../core/entry.ts";
import { fail, ok, type Result } from "../core/errors.ts";
import { keyError } from "../core/key.ts";
import { isEventual } from "../core/layout.ts";
import type { ClientOperation } from "../core/operation.ts";
import type { Clock, Random } from "../ports.ts";
import type { ReadValue, RingNode, Timing } from "./api.ts";
import type { ChangeOptions, KeyChanges } from "./change-api.ts";
import type { Coordinator } from "./coordinator.ts";
import { holdersOf } from "./holders.ts";
import type { Import } from "./import.ts";
import { createKeyChanges } from "./key-changes.ts";
import { listKeys } from "./keys.ts";
import type { Operations } from "./operations.ts";
import type { NoQuorum, Unknown } from "./results.ts";
import type { Ring } from "./ring.ts";
import type { Spans } from "./spans.ts";
import type { StoreWatch } from "./store-watch.ts";
import type { Voters } from "./voters.ts";

/** What an entry node serves keys with; `watch` finds the words for failures of its own disk. */
export interface KeyOperationsParts {
  readonly ring: Ring;
  readonly voters: Voters;
  readonly coordinator: Coordinator;
  readonly operations: Operations;
  readonly imports: Import;
  readonly watch: StoreWatch;
  readonly random: Random;
  readonly clock: Clock;
  readonly timing: Timing;
  readonly spans: Spans;
}

/** What clients do with keys, and what a shutdown waits for. */
export type KeyOperations = KeyChanges &
  Pick<RingNode, "get" | "holders" | "keys" | "drain"> & {
    /** Whether the node takes new operations. */
    isOpen(): boolean;
    /** Counts work that `drain` has to wait for. */
    track<T>(work: () => Promise<T>): Promise<T>;
  };

const listingTries = 3;

/** Refuses reads, changes and listings when draining (`shutting_down`) or removed (`not_a_member`). */
export function createKeyOperations(parts: KeyOperationsParts): KeyOperations {
  const { ring, operations, imports, watch, random, spans } = parts;
  let isDraining = false;
  let underWayCount = 0;
  let onIdle: (() => void) | undefined;

  /** Counts the operation, refuses it when it cannot begin, and has the key taken over first while an import runs. */
  async function run<T>(
    key: string | undefined,
    work: () => Promise<Result<T>>,
  ): Promise<Result<T>> {
    return watch.guard(() => runIfOpen(key, work));
  }

  async function runIfOpen<T>(
    key: string | undefined,
    work: () => Promise<Result<T>>,
  ): Promise<Result<T>> {
    const invalid = key === undefined ? undefined : keyError(key);
    if (invalid) return invalid;
    if (isDraining)
      return fail(
        "shutting_down",
        "This node is shutting down: ask another one.",
      );
    if (!ring.isMember() && !ring.state().isLeaving)
      return fail(
        "not_a_member",
        "This node was removed from its ring: let it join again (ringwalk join), or ask another one.",
      );
    return track(() => runHere(key, work));
  }

  async function track<T>(work: () => Promise<T>): Promise<T> {
    underWayCount++;
    try {
      return await work();
    } finally {
      underWayCount--;
      if (underWayCount === 0) onIdle?.();
    }
  }

  async function runHere<T>(
    key: string | undefined,
    work: () => Promise<Result<T>>,
  ): Promise<Result<T>> {
    for (;;) {
      const before = ring.layout().ringId;
      if (key !== undefined && !(await imports.ensure(key)))
        return shortOf({ kind: "no-quorum" });
      const result = await work();
      // The node joined another ring meanwhile, which takes the key over: the operation begins anew there.
      const isPassing = !result.ok && result.error.code === "no_quorum";
      const hasMoved = ring.state().previous?.layout.ringId === before;
      if (!isPassing || !hasMoved) return result;
    }
  }

  async function change(
    key: string,
    operation: ClientOperation,
    options: ChangeOptions,
  ) {
    const result = await operations.execute(key, operation, options);
    switch (result.kind) {
      case "outdated":
        return outdated;
      case "no-quorum":
        return shortOf(result);
      case "unknown":
        return unknownOf(result);
      case "committed":
        return ok(result.answer);
    }
  }

  /** The error of an operation that had too few votes: nothing was applied. */
  function shortOf({ reason }: NoQuorum) {
    if (reason === "store-failed") return watch.failure();
    return reason === "overloaded"
      ? fail(
          "overloaded",
          "Too many operations wait for a member of this ring; nothing was applied. Try again later, and more slowly.",
        )
      : fail(
          "no_quorum",
          `${isEventual(ring.layout()) ? "None" : "No majority"} of the key's replicas can be reached; nothing was applied. Try again.`,
        );
  }

  function unknownOf({ reason }: Unknown) {
    const cause =
      reason === "store-failed" ? ` ${watch.failure().error.message}` : "";
    return fail(
      "outcome_unknown",
      `The operation may or may not have taken place. Repeat it with the same Idempotency-Key, or read the key.${cause}`,
    );
  }

  return {
    isOpen: () => !isDraining,
    track,
    get: (key, options = {}) =>
      spans.during("a read came in", options.traceparent, (traceparent) =>
        run(key, async () => {
          const followed = { ...options, traceparent };
          const read =
            options.consistency === "eventual"
              ? await operations.readEventually(key, followed)
              : await operations.read(key, followed);
          if (read.kind === "no-quorum") return shortOf(read);
          return ok(
            read.kind === "found" ? readValueOf(read.entry) : undefined,
          );
        }),
      ),
    holders: (key) => run(key, () => holdersOf(parts, key)),
    bound: () => operations.bound(),
    ...createKeyChanges({
      random,
      valueBytesMax: () => ring.layout().settings.valueBytesMax,
      execute: (key, operation, options) =>
        spans.during("a change came in", options.traceparent, (traceparent) =>
          run(key, () =>
            change(key, operation, {
              ...options,
              ...(traceparent !== undefined && { traceparent }),
            }),
          ),
        ),
    }),
    keys: (options) =>
      run(undefined, async () => {
        const failuresBefore = watch.failureCount();
        for (let tries = 1; ; tries++) {
          const layout = ring.layout();
          const page = await listKeys(
            { ...parts, operationTimeoutMs: parts.timing.operationTimeoutMs },
            options,
          );
          // A layout that changed underneath is no failure of the ring.
          const isFinal = page.ok || page.error.code !== "no_quorum";
          if (isFinal) return page;
          if (ring.layout() === layout || tries === listingTries)
            return watch.failureCount() > failuresBefore
              ? watch.failure()
              : page;
        }
      }),
    async drain() {
      isDraining = true;
      if (underWayCount > 0)
        await new Promise<void>((resolve) => {
          onIdle = resolve;
        });
    },
  };
}

const outdated = fail(
  "bound_outdated",
  "The bound is too old for this key, or of another ring: nothing was done. Begin anew with the bound that comes with this answer.",
);

/** Absent for a tombstone. */
function readValueOf(entry: Entry): ReadValue | undefined {
  const { value, memory: _, touched: __, ...told } = entry;
  return value === null ? undefined : { value, ...told };
}
