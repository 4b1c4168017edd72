/** How this program is called from where the user is. */
import { extname, relative, sep } from "node:path";

/** What goes before the arguments in a line to paste. */
export function commandName(program = process.argv[1] ?? ""): string {
  if (program.split(sep).includes("node_modules")) return "npx ringwalk";
  // Without an ending it is a command on the path: installed for all, or a binary with the program in it.
  if (extname(program) === "") return "ringwalk";
  return `node ${relative(process.cwd(), program)}`;
}
