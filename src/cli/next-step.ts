/** What to do about errors whose own words do not say it: nodes and clients do not know that somebody sits at a terminal. */
import { codeOf } from "./exit-code.ts";

/** A sentence with the space before it; empty where the message says it all. `args` are those of the command line. */
export function nextStep(error: unknown, args: readonly string[]): string {
  const step = stepOf(error, args);
  return step === undefined ? "" : ` ${step}`;
}

function stepOf(error: unknown, args: readonly string[]): string | undefined {
  const message = error instanceof Error ? error.message : "";
  switch (codeOf(error)) {
    case "unreachable":
      return namesNode(args)
        ? undefined
        : "No node was named: start one here (ringwalk dev), or name one with --node URL.";
    case "join_unreachable":
      if (/\b40[13]\b/.test(message))
        return "Nodes of a ring know one another by its secret: start this one with the same RINGWALK_SECRET.";
      return args[0] === "serve"
        ? undefined
        : "Look from the machine of the node that was told to join: curl URL/health";
    case "no_quorum":
      return "ringwalk doctor tells which members are missing.";
    case "value_too_large":
      return "A ring takes larger values if it is founded so: ringwalk serve --value-max BYTES.";
    case "cannot_listen":
      return "Give an address of this machine with -k: 127.0.0.1, or 0.0.0.0 for all of them.";
    default:
      return undefined;
  }
}

function namesNode(args: readonly string[]): boolean {
  return (
    Boolean(process.env.RINGWALK_NODE) ||
    args.some((arg) => arg === "--node" || arg.startsWith("--node="))
  );
}
