/** Runs commands in one bash, and tells what each printed and how it ended. */
import { execFile } from "node:child_process";

export interface Outcome {
  readonly exitCode: number;
  /** Standard output and standard error. */
  readonly output: string;
}

export interface Surroundings {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const endMark = "-- exit code of this command: ";

/** Runs `commands` one after the other, behind the lines of `prelude`; gives the outcome of each command. */
export async function runInBash(
  { prelude, commands }: Record<"prelude" | "commands", readonly string[]>,
  surroundings: Surroundings,
): Promise<readonly Outcome[]> {
  const script = [
    "exec 2>&1",
    ...prelude,
    ...commands.flatMap((command) => [
      command,
      `printf '\\n%s%s\\n' '${endMark}' $?`,
    ]),
  ].join("\n");
  const { output } = await execute("bash", ["-c", script], surroundings);
  return outcomesIn(output);
}

/** Each part of the text behind the first begins with the exit code of the command before. */
function outcomesIn(output: string): readonly Outcome[] {
  const parts = output.split(`\n${endMark}`);
  return parts.slice(1).map((part, index) => {
    const before = parts[index] ?? "";
    const own = index === 0 ? before : before.slice(before.indexOf("\n") + 1);
    return { output: own, exitCode: Number.parseInt(part, 10) };
  });
}

/** Runs a program without input, to its end. */
export function execute(
  file: string,
  args: readonly string[],
  surroundings: Surroundings,
): Promise<Outcome> {
  return new Promise((done) => {
    const child = execFile(file, args, surroundings, (_, stdout, stderr) =>
      done({ exitCode: child.exitCode ?? -1, output: stdout + stderr }),
    );
    child.stdin?.end();
  });
}
