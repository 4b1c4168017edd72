/** Reads, writes, deletes and listings as callers use them: the answers of the protocol turned into results. */

import { formatBallot } from "../core/ballot.ts";
import { fail, ok, type Result } from "../core/errors.ts";
import { keyError } from "../core/key.ts";
import { contentTypeCharactersMax } from "../core/limits.ts";
import type { Operation } from "../core/operation.ts";
import { randomId } from "../core/random.ts";
import type { Clock, Random } from "../ports.ts";
import type { ChangeOptions, RingNode, Timing } from "./api.ts";
import type { Coordinator, ReadResult } from "./coordinator.ts";
import type { Import } from "./import.ts";
import { listKeys } from "./keys.ts";
import type { OperationResult, Operations } from "./operations.ts";
import type { Ring } from "./ring.ts";
import type { Voters } from "./voters.ts";

export interface KeyOperationsParts {
  readonly ring: Ring;
  readonly voters: Voters;
  readonly coordinator: Coordinator;
  readonly operations: Operations;
  readonly imports: Import;
  readonly random: Random;
  readonly clock: Clock;
  readonly timing: Timing;
}

export type KeyOperations = Pick<
  RingNode,
  "get" | "put" | "delete" | "keys" | "drain"
> & {
  /** Whether the node takes new operations. */
  isOpen(): boolean;
  /** Counts work that `drain` has to wait for. */
  track<T>(work: () => Promise<T>): Promise<T>;
};

const listingTries = 3;

export function createKeyOperations(parts: KeyOperationsParts): KeyOperations {
  const { ring, operations, imports, random } = parts;
  let isDraining = false;
  let underWayCount = 0;
  let onIdle: (() => void) | undefined;

  /** Counts the operation, refuses it when it cannot begin, and has the key taken over first while an import runs. */
  async function run<T>(
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
      if (key !== undefined && !(await imports.ensure(key))) return noQuorum();
      const result = await work();
      // The node joined another ring meanwhile, which takes the key over: the operation begins anew there.
      const isPassing = !result.ok && result.error.code === "no_quorum";
      const hasMoved = ring.state().previous?.layout.ringId === before;
      if (!isPassing || !hasMoved) return result;
    }
  }

  async function change(
    key: string,
    operation: Operation,
    { onWalk }: ChangeOptions,
  ) {
    return appliedOf(await operations.execute(key, operation, onWalk));
  }

  const idOf = ({ idempotencyKey }: ChangeOptions) =>
    // Prefixed, so that a caller's key is never taken for an id that a node drew.
    idempotencyKey === undefined ? randomId(random) : `k:${idempotencyKey}`;

  return {
    isOpen: () => !isDraining,
    track,
    get: (key, options = {}) =>
      run(key, async () => {
        const read =
          options.consistency === "eventual"
            ? await operations.readEventually(key, options.onWalk)
            : await operations.read(key, options.onWalk);
        return asValue(read);
      }),
    put: (key, value, options = {}) =>
      run(key, async () => {
        const { valueBytesMax } = ring.layout().settings;
        if (value.byteLength > valueBytesMax)
          return fail(
            "value_too_large",
            `The value has ${value.byteLength} bytes; this ring takes at most ${valueBytesMax}.`,
          );
        const { contentType, conditions } = options;
        if ((contentType?.length ?? 0) > contentTypeCharactersMax)
          return fail(
            "invalid_body",
            `A content type has at most ${contentTypeCharactersMax} characters.`,
          );
        const ttlMs = options.ttlMs && Math.ceil(options.ttlMs);
        const operation: Operation = {
          kind: "put",
          id: idOf(options),
          value,
          ...(contentType !== undefined && { contentType }),
          ...(ttlMs !== undefined && { ttlMs }),
          ...(conditions && { conditions }),
        };
        const applied = await change(key, operation, options);
        if (!applied.ok) return applied;
        const { revision, created } = applied.value;
        if (!revision) throw new Error("a PUT that was applied has a revision");
        return ok({ revision, created });
      }),
    delete: (key, options = {}) =>
      run(key, async () => {
        const { conditions } = options;
        const operation: Operation = {
          kind: "delete",
          id: idOf(options),
          ...(conditions && { conditions }),
        };
        const applied = await change(key, operation, options);
        if (!applied.ok) return applied;
        return ok({ existed: applied.value.revision !== undefined });
      }),
    keys: (options) =>
      run(undefined, async () => {
        for (let tries = 1; ; tries++) {
          const layout = ring.layout();
          const page = await listKeys(
            { ...parts, operationTimeoutMs: parts.timing.operationTimeoutMs },
            options,
          );
          // A layout that changed underneath is no failure of the ring.
          const isFinal = page.ok || page.error.code !== "no_quorum";
          if (isFinal || ring.layout() === layout || tries === listingTries)
            return page;
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

function asValue(read: ReadResult): Awaited<ReturnType<RingNode["get"]>> {
  if (read.kind === "no-quorum") return noQuorum();
  if (read.kind === "absent") return ok(undefined);
  const { value, contentType, revision, createdAt, modifiedAt, expiresAt } =
    read.entry;
  if (value === null) return ok(undefined);
  return ok({
    value,
    revision,
    createdAt,
    modifiedAt,
    ...(contentType !== undefined && { contentType }),
    ...(expiresAt !== undefined && { expiresAt }),
  });
}

function noQuorum() {
  return fail(
    "no_quorum",
    "No majority of the key's replicas can be reached; nothing was applied. Try again.",
  );
}

/** `revision` is absent when nothing changed: the delete of an absent key. */
function appliedOf(result: OperationResult) {
  if (result.kind === "no-quorum") return noQuorum();
  if (result.kind === "unknown")
    return fail(
      "outcome_unknown",
      "The operation may or may not have taken place. Repeat it with the same Idempotency-Key, or read the key.",
    );
  const { answer } = result;
  if (answer.kind === "condition-failed")
    return fail(
      "condition_failed",
      "The condition does not hold: read the key and try again with its revision.",
      answer.revision && { revision: formatBallot(answer.revision) },
    );
  return ok(
    answer.kind === "applied"
      ? { revision: answer.revision, created: answer.created }
      : { revision: undefined, created: false },
  );
}
