/** What a command's exit code tells a script. */
import {
  ConditionFailedError,
  OutcomeUnknownError,
  RingwalkError,
  UnavailableError,
  UnreachableError,
  WrongRingError,
} from "../client/errors.ts";

/** One for each thing that a script would do next; `exitCodeHelp` says what each of them means. */
export const exitCodes = {
  ok: 0,
  error: 1,
  usage: 2,
  notFound: 3,
  conditionFailed: 4,
  unavailable: 5,
  outcomeUnknown: 6,
} as const;

/** What a command resolves to; `exitCodeOf` makes one of what it throws. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** For `--help`. */
export const exitCodeHelp: readonly (readonly [ExitCode, string])[] = [
  [0, "done"],
  [1, "failed, and another try will not help by itself"],
  [2, "wrong usage: a flag, an argument or a setting"],
  [3, "there is no such key"],
  [4, "a condition (--if-match, --if-none-match, --min, --max) does not hold"],
  [
    5,
    "no node could be reached, or the ring cannot serve now; nothing was changed",
  ],
  [6, "the outcome is unknown: it may have happened"],
];

/** An error of the command line itself. The message is one sentence or two, the last of them the next step. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly code: string;
  readonly exitCode: ExitCode;

  constructor(options: {
    readonly code: string;
    readonly message: string;
    readonly exitCode?: ExitCode;
    readonly cause?: unknown;
  }) {
    super(options.message, { cause: options.cause });
    this.code = options.code;
    this.exitCode = options.exitCode ?? exitCodes.error;
  }
}

/** A `CliError` for what the user wrote. */
export function usageError(message: string): CliError {
  return new CliError({ code: "usage", message, exitCode: exitCodes.usage });
}

/** Codes of nodes that mean "not now" although their status is not 503. */
const unavailableCodes = ["join_unreachable", "change_in_progress"];

/** For whatever a command threw; 1 for what has no code of its own, defects included. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CliError) return error.exitCode;
  if (error instanceof ConditionFailedError) return exitCodes.conditionFailed;
  if (error instanceof OutcomeUnknownError) return exitCodes.outcomeUnknown;
  if (
    error instanceof UnreachableError ||
    error instanceof UnavailableError ||
    error instanceof WrongRingError
  )
    return exitCodes.unavailable;
  const code = codeOf(error);
  if (code === "no_such_key") return exitCodes.notFound;
  if (code === "out_of_bounds") return exitCodes.conditionFailed;
  if (unavailableCodes.includes(code)) return exitCodes.unavailable;
  const isRequestWrong =
    error instanceof RingwalkError && code.startsWith("invalid_");
  return isRequestWrong ? exitCodes.usage : exitCodes.error;
}

/** The stable code of an error; `internal` for one that has none, which is a defect. */
export function codeOf(error: unknown): string {
  if (error instanceof Error && "code" in error) return String(error.code);
  return "internal";
}
