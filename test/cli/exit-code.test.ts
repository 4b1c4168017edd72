/** One exit code for each thing that a script does about an error. */
import { expect, test } from "vitest";
import { CliError, exitCodeOf, usageError } from "../../src/cli/exit-code.ts";
import {
  ConditionFailedError,
  OutcomeUnknownError,
  RingwalkError,
  UnavailableError,
  UnreachableError,
  ValueError,
  WrongRingError,
} from "../../src/client/errors.ts";

const options = (code: string) => ({ code, message: "m" });

test.each<[Error, number]>([
  [new Error("a defect"), 1],
  [new RingwalkError(options("value_too_large")), 1],
  [new RingwalkError(options("unauthorized")), 1],
  [new ValueError(options("value_undecodable")), 1],
  [usageError("m"), 2],
  [new RingwalkError(options("invalid_key")), 2],
  [new CliError({ ...options("not_found"), exitCode: 3 }), 3],
  [new ConditionFailedError(options("condition_failed")), 4],
  [new UnreachableError(options("unreachable")), 5],
  [new UnavailableError(options("no_quorum")), 5],
  [new RingwalkError(options("join_unreachable")), 5],
  [new RingwalkError(options("change_in_progress")), 5],
  [new WrongRingError({ message: "m" }), 5],
  [new OutcomeUnknownError({ message: "m" }), 6],
])("%s: %i", (error, code) => {
  expect(exitCodeOf(error)).toBe(code);
});
