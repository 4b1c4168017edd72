/** The text of `--help`: citty's usage, then examples and exit codes. */
import { type CommandDef, renderUsage } from "citty";
import type { Command } from "./command.ts";
import { exitCodeHelp } from "./exit-code.ts";
import { coloured } from "./output.ts";

/** The help of one command. */
export async function commandHelp({
  definition,
  examples,
}: Command): Promise<string> {
  const parent: CommandDef = { meta: { name: "ringwalk" } };
  const usage = await renderUsage(definition, parent);
  const lines = examples.map((example) => `  ringwalk ${example}`);
  return coloured(
    `${usage.trimEnd()}\n\nEXAMPLES\n\n${lines.join("\n")}\n\n${exitCodes()}\n`,
  );
}

/** The help of `ringwalk` itself: all commands with what they do. */
export function overview(
  descriptions: ReadonlyMap<string, string>,
  version: string,
): string {
  const width = Math.max(
    ...[...descriptions.keys()].map(({ length }) => length),
  );
  const commands = [...descriptions].map(
    ([name, description]) => `  ${name.padEnd(width)}  ${description}`,
  );
  return `ringwalk ${version}: a distributed hash table whose nodes are edge workers

USAGE ringwalk COMMAND [OPTIONS]

COMMANDS

${commands.join("\n")}

EXAMPLES

  ringwalk dev                                     three nodes to try things out
  ringwalk serve -p 8000                           a node, and a ring of one
  ringwalk serve -p 8001 --join http://127.0.0.1:8000
  ringwalk put greeting hello
  ringwalk get greeting

${exitCodes()}

ringwalk COMMAND --help tells more about a command. RINGWALK_DEBUG=1 shows stack traces.
`;
}

function exitCodes(): string {
  const lines = exitCodeHelp.map(([code, meaning]) => `  ${code}  ${meaning}`);
  return `EXIT CODES\n\n${lines.join("\n")}`;
}
