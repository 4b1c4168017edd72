#!/usr/bin/env node
/** The command line's entry: `node src/cli/main.ts COMMAND`. */
import { endWithReader, flushed } from "./output.ts";
import { run } from "./run.ts";

endWithReader();
const exitCode = await run(process.argv.slice(2));
await flushed();
process.exit(exitCode);
