/** The licences of what is in the binary beside ringwalk: whoever hands it on owes them. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

interface Locked {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly peer?: boolean;
  readonly os?: readonly string[];
}

/** One text, a paragraph for each package that an installation brings, and one for the runtime. */
export async function licences(): Promise<string> {
  const lock = JSON.parse(await readFile("package-lock.json", "utf8")) as {
    readonly packages: Readonly<Record<string, Locked>>;
  };
  const paragraphs: string[] = [];
  for (const [path, locked] of Object.entries(lock.packages)) {
    const { version, license, dev, devOptional, peer, os } = locked;
    if (path === "" || dev || devOptional || peer || os) continue;
    const name = path.slice(path.lastIndexOf("node_modules/") + 13);
    paragraphs.push(
      `${name} ${version} (${license ?? "see below"})\n\n${await licenceIn(path)}`,
    );
  }
  const bun =
    "Bun, the runtime, is under the MIT licence; what it is made of: https://bun.sh/docs/project/license\n";
  return [bun, ...paragraphs].join(`\n${"-".repeat(78)}\n\n`);
}

/** The text that the package brings; empty where it brings none. */
async function licenceIn(folder: string): Promise<string> {
  const names = await readdir(folder).catch(() => []);
  const name = names.find((each) => /^licen[cs]e/i.test(each));
  return name === undefined ? "" : readFile(join(folder, name), "utf8");
}
