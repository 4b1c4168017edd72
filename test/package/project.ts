/** The package as npm packs it, installed into an empty project of its own, far from this checkout. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** What npm tells of the file that it made. */
export interface Packed {
  readonly file: string;
  /** Bytes of the file, and of what is in it. */
  readonly size: number;
  readonly unpackedSize: number;
  readonly paths: readonly string[];
}

export interface Project {
  readonly folder: string;
  readonly packed: Packed;
  /** Runs a program in the project to its end; rejects with what it printed when it fails. */
  run(program: string, args: readonly string[]): Promise<string>;
  /** Writes a file of the project. */
  write(name: string, text: string): Promise<void>;
  close(): Promise<void>;
}

/** Packs this checkout, builds it before that, and installs the file. */
export async function installedProject(): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), "ringwalk-package-"));
  const close = () => rm(folder, { recursive: true, force: true });
  try {
    const packed = await pack(folder);
    const place = join(folder, "project");
    await mkdir(place);
    const project: Project = {
      folder: place,
      packed,
      run: (program, args) => run(program, args, place),
      write: (name, text) => writeFile(join(place, name), text),
      close,
    };
    await project.write(
      "package.json",
      JSON.stringify({ name: "empty", private: true, type: "module" }),
    );
    await project.run("npm", [
      ...["install", "--prefer-offline", "--no-audit", "--no-fund"],
      packed.file,
    ]);
    return project;
  } catch (error) {
    await close();
    throw error;
  }
}

/** As `npm pack` does it for a user: `prepack` builds. */
export async function pack(destination: string): Promise<Packed> {
  const args = ["pack", "--json", "--pack-destination", destination];
  const printed = await run("npm", args, resolve("."));
  // What `prepack` prints stands before.
  const [told] = JSON.parse(printed.slice(printed.indexOf("[\n"))) as [
    {
      readonly filename: string;
      readonly size: number;
      readonly unpackedSize: number;
      readonly files: readonly { readonly path: string }[];
    },
  ];
  const { filename, size, unpackedSize, files } = told;
  return {
    file: join(destination, filename),
    size,
    unpackedSize,
    paths: files.map(({ path }) => path),
  };
}

async function run(
  program: string,
  args: readonly string[],
  cwd: string,
): Promise<string> {
  const inherited = Object.entries(process.env).filter(
    // Settings of whoever runs the tests, of ringwalk and of the npm that runs them.
    ([name]) => !/^(RINGWALK_|npm_(?!config_)|NODE_ENV$)/.test(name),
  );
  const { stdout } = await execute(program, args, {
    cwd,
    env: { ...Object.fromEntries(inherited), NO_COLOR: "1" },
    maxBuffer: 2 ** 24,
  });
  return stdout;
}
