/** The command line as one file that needs no runtime beside it. */
import { resolve } from "node:path";
import { run } from "./run.ts";

/** Compiles the sources into `file`, which must not be stripped: the program stands behind the symbols. */
export async function compileBinary(file: string): Promise<string> {
  const bun = resolve("node_modules/.bin/bun");
  await run(bun, [
    "build",
    "--compile",
    // Settings come from where the user says, and never from the folder that it was started in.
    "--no-compile-autoload-dotenv",
    "--no-compile-autoload-bunfig",
    ...["--outfile", file],
    "src/cli/main.ts",
  ]);
  return file;
}
