/** Runs a program of the build to its end. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** Resolves with what it printed; rejects when it fails, with what it printed in the message. */
export async function run(
  program: string,
  args: readonly string[],
): Promise<string> {
  const { stdout } = await execute(program, args, { maxBuffer: 2 ** 24 });
  return stdout;
}
