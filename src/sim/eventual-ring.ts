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
  readonly clockGapMs: ClockGap;
}

/** How far two clocks may be apart at this time (ms since the run began), in ms. */
type ClockGap = (atMs: number) => number;

/** Nothing was made up; all members say the same in the end; and that is no older than anything acknowledged. */
export function eventualViolations(
  operations: readonly Operation[],
  { lastClient, judgesLosses, clockGapMs }: EventualJudgement,
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
    const loss = last[0] && judgesLosses && lossOf(ofKey, last[0], clockGapMs);
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
 * above that: a write whose end is unknown. A delete is told no revision: of it and a write that are farther apart than
 * clocks are the later one wins. A touch writes anew what it found, as a write that comes later.
 */
function lossOf(
  operations: readonly Operation[],
  { outcome: end }: Operation,
  clockGapMs: ClockGap,
): string | undefined {
  const puts = operations.filter(
    ({ input, outcome }) => givesRevision(input) && outcome.kind === "applied",
  );
  const deletes = operations.filter(
    ({ input, outcome }) =>
      input.kind === "delete" && outcome.kind !== "failed",
  );
  if (end.kind === "absent") {
    const isExplained = operations.some(
      ({ input }) =>
        "expiresNotBefore" in input && input.expiresNotBefore !== undefined,
    );
    if (isExplained) return undefined;
    const last = puts.find((put) =>
      deletes.every((each) => isBefore(each, put, clockGapMs)),
    );
    return last && `${describeOperation(last)}, and at the end it is absent`;
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
  if (newer)
    return `${describeOperation(newer)}, and at the end ${end.revision}`;
  const winner = puts.find(
    ({ outcome }) =>
      outcome.kind === "applied" && outcome.revision === end.revision,
  );
  const undone =
    winner &&
    deletes.find(
      (each) =>
        each.outcome.kind === "applied" && isBefore(winner, each, clockGapMs),
    );
  return (
    undone &&
    `${undone.id} deleted it, and at the end ${end.revision} is there again`
  );
}

/** Whether the one had ended so long before the other began that no clocks can tell it otherwise. */
function isBefore(
  { return: ended }: Operation,
  { call }: Operation,
  clockGapMs: ClockGap,
): boolean {
  return ended !== undefined && ended + clockGapMs(call) < call;
}
