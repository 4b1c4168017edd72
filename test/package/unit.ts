/** What systemd makes of a unit: read from the unit, so that what is run is what is installed. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";

export interface ServiceUnit {
  readonly user: string;
  /** Below `/var/lib`. */
  readonly stateDirectory: string;
  readonly stateDirectoryMode: number;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** Reads a unit of the system, and the environment files that it names. https://www.freedesktop.org/software/systemd/man/systemd.exec.html */
export function readUnit(path: string): ServiceUnit {
  const given = settingsIn(readFileSync(path, "utf8")).map(
    ([name, value]): [string, string] => [name, specified(value)],
  );
  const all = (name: string) =>
    given.filter(([each]) => each === name).map(([, value]) => value);
  const [user = "root"] = all("User");
  const [stateDirectory = ""] = all("StateDirectory");
  const [mode = "0755"] = all("StateDirectoryMode");
  const [command = ""] = all("ExecStart");
  const assignments = [
    ...all("Environment").flatMap((value) => settingsIn(value)),
    // They go before the unit's own.
    ...all("EnvironmentFile").flatMap((file) =>
      settingsIn(readFileSync(file, "utf8")),
    ),
  ];
  return {
    user,
    stateDirectory: `/var/lib/${stateDirectory}`,
    stateDirectoryMode: Number.parseInt(mode, 8),
    command: command.split(" "),
    environment: Object.fromEntries(assignments),
  };
}

/** Lines `name=value`, without comments. */
function settingsIn(text: string): readonly (readonly [string, string])[] {
  return [...text.matchAll(/^([A-Za-z]\w*)=(.*)$/gm)].map(
    ([, name = "", value = ""]) => [name, value],
  );
}

/** https://www.freedesktop.org/software/systemd/man/systemd.unit.html#Specifiers */
function specified(value: string): string {
  return value.replaceAll("%H", hostname()).replaceAll("%S", "/var/lib");
}

/** A service that runs as its unit says. */
export interface RunningUnit {
  readonly url: string;
  /** As systemd stops it; resolves with its exit code. */
  stop(): Promise<number | null>;
}

/** Starts what the unit starts, as its user, in its environment alone, and waits until it is ready. */
export async function startUnit(unit: ServiceUnit): Promise<RunningUnit> {
  const { user, command, environment } = unit;
  const [program = "", ...args] = command;
  const owner = { uid: idOf("-u", user), gid: idOf("-g", user) };
  // What systemd does for StateDirectory.
  if (!existsSync(unit.stateDirectory)) mkdirSync(unit.stateDirectory);
  chownSync(unit.stateDirectory, owner.uid, owner.gid);
  chmodSync(unit.stateDirectory, unit.stateDirectoryMode);
  const child = spawn(program, args, {
    ...owner,
    cwd: "/",
    env: environment,
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = once(child, "close") as Promise<[number | null]>;
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const [, found] = /is ready at (http\S+)/.exec(line) ?? [];
      if (found !== undefined) resolve(found);
    });
    ended.then(([code]) => reject(new Error(`it ended with ${code}`)), reject);
  });
  return {
    url,
    async stop() {
      child.kill("SIGTERM");
      const [code] = await ended;
      return code;
    },
  };
}

function idOf(which: "-u" | "-g", user: string): number {
  return Number(execFileSync("id", [which, user], { encoding: "utf8" }));
}
