/** The shell of the operators' pages: a prompt names the machine on which a line is typed. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { type Outcome, runInBash, runProgram } from "./bash.ts";
import {
  type Blow,
  createMachines,
  type Machine,
  type Machines,
} from "./machines.ts";

/** A line of a page: `n1$ ...` is typed on n1, `$ ...` at the operator's own desk. */
export interface TypedLine {
  readonly machine?: string;
  readonly command: string;
}

export interface MachineShell {
  /** What one block exports, the next ones have. */
  run(lines: readonly TypedLine[]): Promise<readonly Outcome[]>;
  /** Runs a TypeScript program at the desk. */
  runProgram(source: string): Promise<Outcome>;
  strike(blow: Blow, name: string): Promise<void>;
  close(): Promise<void>;
}

const functions = resolve("test/docs/machine-shell.sh");

/** Machines that have a program installed, and nothing else. */
export async function openMachineShell(): Promise<MachineShell> {
  const folder = await mkdtemp(join(tmpdir(), "ringwalk-machines-"));
  const machines = await createMachines(folder);
  const desk = join(folder, "desk");
  await mkdir(desk);
  await writeFile(join(folder, ".curlrc"), "silent\nshow-error\n");
  const exported = join(folder, "exported");
  await writeFile(exported, "");
  const env = {
    PATH: process.env.PATH,
    HOME: desk,
    CURL_HOME: folder,
    NO_COLOR: "1",
    NODE_NO_WARNINGS: "1",
    NODE: process.execPath,
    MAIN: resolve("src/cli/main.ts"),
    CONTROL: machines.controlUrl,
    FOLDER: folder,
    ...Object.fromEntries(
      machines.all.map(({ name, url }) => [`URL_${name}`, url]),
    ),
  };
  return {
    async run(lines) {
      const prelude = [`source ${functions}`, `source ${exported}`];
      const commands = lines.flatMap((line) => [
        placeOf(line, machines, desk),
        toReal(line.command, machineOf(line, machines), machines),
      ]);
      const outcomes = await runInBash(
        { prelude, commands: [...commands, `declare -x > ${exported}`] },
        { cwd: desk, env },
      );
      // Each line comes behind one that goes to its machine.
      return lines.map((_, index) => {
        const { exitCode = -1, output = "" } = outcomes[2 * index + 1] ?? {};
        return { exitCode, output: toPage(output, machines) };
      });
    },
    async runProgram(source) {
      const variables = await readFile(exported, "utf8");
      return runProgram(toReal(source, undefined, machines), {
        ...env,
        ...parseEnv(variables.replace(/^declare -x /gm, "")),
      });
    },
    strike: machines.strike,
    async close() {
      await machines.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Goes to the line's machine, where `ringwalk` asks the machine's own node. */
function placeOf(line: TypedLine, machines: Machines, desk: string): string {
  const machine = machineOf(line, machines);
  if (!machine) return `cd ${desk}; unset MACHINE`;
  return `cd ${machine.root}; MACHINE=${machine.name}`;
}

function machineOf(
  { machine: name }: TypedLine,
  { all }: Machines,
): Machine | undefined {
  if (name === undefined) return undefined;
  const machine = all.find((each) => each.name === name);
  if (!machine) throw new Error(`there is no machine ${name}`);
  return machine;
}

/** Addresses and files of the page as those of this machine. */
function toReal(
  text: string,
  machine: Machine | undefined,
  { all }: Machines,
): string {
  const addressed = all.reduce(
    (done, { name, url }) =>
      done.replaceAll(`https://${name}.example.com`, url),
    text,
  );
  if (!machine) return addressed;
  return addressed
    .replaceAll("http://127.0.0.1:8000", machine.url)
    .replaceAll("/etc/ringwalk", join(machine.root, "etc/ringwalk"))
    .replaceAll("/var/lib/ringwalk", join(machine.root, "var/lib/ringwalk"));
}

function toPage(text: string, { all }: Machines): string {
  return all.reduce(
    (done, { name, url, root }) =>
      done.replaceAll(url, `https://${name}.example.com`).replaceAll(root, ""),
    text,
  );
}
