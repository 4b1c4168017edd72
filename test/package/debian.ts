/** This machine as a Debian system: whether the package may be installed here, and one test at a time that does it. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";

/** Why no package can be installed here; absent where one can. */
export function unfit(): string | undefined {
  if (!existsSync("/etc/debian_version")) return "this is not Debian";
  if (process.getuid?.() !== 0) return "only root may install a package";
  if (!["x64", "arm64"].includes(process.arch))
    return `there is no binary for ${process.arch}`;
  if (existsSync("/run/systemd/system"))
    return "systemd runs here, and would start the service by itself";
  return undefined;
}

/** What dpkg says of ringwalk, as in `install ok installed`; absent where it was never heard of. */
export function statusOfPackage(): string | undefined {
  const { status, stdout } = spawnSync(
    "dpkg-query",
    ["--show", `--showformat=\${Status} \${Version}`, "ringwalk"],
    { encoding: "utf8" },
  );
  return status === 0 ? stdout : undefined;
}

export function dpkg(...args: readonly string[]): void {
  // Without flushes, for what is installed here is gone when the test ends; without manual pages, after which the
  // index of all of them would be made anew each time.
  const quick = ["--force-unsafe-io", "--path-exclude=/usr/share/man/*"];
  execFileSync("dpkg", [...quick, ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    stdio: ["ignore", "ignore", "inherit"],
  });
}

export function hasUser(name: string): boolean {
  return spawnSync("id", [name]).status === 0;
}

/** Waits until no other test of this machine has it, and gives what lets go of it. */
export async function lockMachine(): Promise<() => void> {
  const holder = spawn(
    "flock",
    // dpkg's own locks are of another kind, and in files of their own.
    ["/var/lib/dpkg", "sh", "-c", "echo held; exec cat"],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  await once(holder.stdout, "data");
  // Its input ends at the latest with this process.
  return () => void holder.stdin.end();
}
