/** Reads what strace saw a process and its threads do. */

import { spawnSync } from "node:child_process";

const program = "strace";

/** A system call that has returned: its name, its arguments as strace prints them, and its result. */
export interface SystemCall {
  readonly name: string;
  readonly arguments: string;
  readonly result: string;
}

/** Why strace cannot be used here; absent: it can. */
export function straceMissing(): string | undefined {
  const trial = spawnSync(program, ["-f", "-o", "/dev/null", "true"]);
  if (trial.error) return "strace is not installed";
  return trial.status === 0 ? undefined : "strace may not trace here";
}

/** Runs the command that follows under strace, with the calls that flush, rename, delete and print written to `log`. */
export function straceWrapper(log: string): readonly string[] {
  const calls =
    "fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,write";
  // -y: files by their paths; -f: threads as well.
  return [program, "-f", "-y", "-s", "200", "-e", calls, "-o", log];
}

/** The calls in the order in which they returned. Calls of threads that overlap are logged in two parts. */
export function systemCalls(log: string): SystemCall[] {
  const unfinished = new Map<string, string>();
  const calls: SystemCall[] = [];
  for (const line of log.split("\n")) {
    const [, pid = "", text = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const begun = /^(.*) <unfinished \.\.\.>$/.exec(text)?.[1];
    if (begun !== undefined) {
      unfinished.set(pid, begun);
      continue;
    }
    const rest = /^<\.\.\. \w+ resumed>(.*)$/.exec(text)?.[1];
    const whole =
      rest === undefined ? text : `${unfinished.get(pid) ?? ""}${rest}`;
    const call = /^(\w+)\((.*)\) += (.*)$/.exec(whole);
    if (call)
      calls.push({
        name: call[1] ?? "",
        arguments: call[2] ?? "",
        result: call[3] ?? "",
      });
  }
  return calls;
}
