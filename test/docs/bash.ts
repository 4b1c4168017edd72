/** Runs what pages show, commands in one bash and programs, and tells what each printed and how it ended. */
import { execFile, execFileSync } from "node:child_process";
import { resolve } from "node:path";

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

/** Runs a TypeScript program from the top of the checkout, where the package's own names are its sources. */
export function runProgram(
  source: string,
  env: Surroundings["env"],
): Promise<Outcome> {
  const args = [
    "--conditions=ringwalk-source",
    "--input-type=module-typescript",
    ...["-e", source],
  ];
  return execute(process.execPath, args, { cwd: resolve("."), env });
}

/** Whether the machine has a program. */
export function isThere(program: string): boolean {
  try {
    execFileSync("sh", ["-c", `command -v ${program}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Runs a program without input, to its end. */
export function execute(
  file: string,
  args: readonly string[],
  surroundings: Surroundings,
): Promise<Outcome> {
  return new Promise((done) => {
    const options = { ...surroundings, maxBuffer: 2 ** 26 };
    const child = execFile(file, args, options, (_, stdout, stderr) =>
      done({ exitCode: child.exitCode ?? -1, output: stdout + stderr }),
    );
    child.stdin?.end();
  });
}
