/** What must hold of the history of an eventual ring, once it was healed and left alone. */
import { compareBallots, parseBallot } from "../core/ballot.ts";
import { eventualReads } from "./eventual-reads.ts";
import {
  byKey,
  describeOperation,
  givesRevision,
  type Operation,
} from "./history.ts";
import type { Violation } from "./ring-run.ts";

/** What the history does not tell of the run that it is of. */
export interface EventualJudgement {
  /** The client whose reads were made at the end, one through each member. */
  readonly lastClient: string;
  /**
   * Whether nothing may be lost. A member that is away while partitions move may take with it what nobody else had, so
   * that this is asked only of rings whose members stay, or whose changes wait for everybody.
   */
  readonly judgesLosses: boolean;
}

/** Nothing was made up; all members say the same in the end; and that is no older than anything acknowledged. */
export function eventualViolations(
  operations: readonly Operation[],
  { lastClient, judgesLosses }: EventualJudgement,
): readonly Violation[] {
  const inventions = eventualReads(operations.map(asEventual)).map(
    (operation) => ({
      check: "eventual reads",
      detail: `${operation.id} of ${operation.key}: ${describeOperation(operation)}`,
    }),
  );
  const ends = [...byKey(operations)].flatMap(([key, ofKey]) => {
    const last = ofKey.filter(({ client }) => client === lastClient);
    const said = [...new Set(last.map(describeOperation))];
    if (said.length > 1)
      return [{ check: "convergence", detail: `${key}: ${said.join(" | ")}` }];
    const loss = last[0] && judgesLosses && lossOf(ofKey, last[0]);
    return loss ? [{ check: "lost writes", detail: `${key}: ${loss}` }] : [];
  });
  return [...inventions, ...ends];
}

/** No read of an eventual ring promises more. */
function asEventual(operation: Operation): Operation {
  return operation.input.kind === "get"
    ? { ...operation, input: { kind: "eventual-get" } }
    : operation;
}

/**
 * What was lost, for people; absent when nothing was. The end is what wins among all acknowledged writes, or something
 * above that: a write whose end is unknown. A delete is told no revision, so that an absent key needs no more than one,
 * or a value with an end. A touch writes anew what it found, as a write that comes later.
 */
function lossOf(
  operations: readonly Operation[],
  { outcome: end }: Operation,
): string | undefined {
  const puts = operations.filter(
    ({ input, outcome }) => givesRevision(input) && outcome.kind === "applied",
  );
  if (end.kind === "absent") {
    const isExplained = operations.some(
      ({ input, outcome }) =>
        (input.kind === "delete" && outcome.kind !== "failed") ||
        ("expiresNotBefore" in input && input.expiresNotBefore !== undefined),
    );
    return isExplained || puts.length === 0
      ? undefined
      : "absent, and nobody deleted it";
  }
  if (end.kind !== "value") return undefined;
  const isTouched = operations.some(
    ({ input, outcome }) =>
      input.kind === "touch" &&
      (outcome.kind === "unknown" ||
        (outcome.kind === "applied" && outcome.revision === end.revision)),
  );
  if (isTouched) return undefined;
  const final = parseBallot(end.revision ?? "");
  const newer = puts.find(({ outcome }) => {
    if (outcome.kind !== "applied") return false;
    const revision = parseBallot(outcome.revision ?? "");
    return !final || !revision || compareBallots(revision, final) > 0;
  });
  return newer && `${describeOperation(newer)}, and at the end ${end.revision}`;
}
