/** The shell of the operators' pages: a prompt names the machine on which a line is typed. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Outcome, runInBash } from "./bash.ts";
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
  strike(blow: Blow, name: string): Promise<void>;
  close(): Promise<void>;
}

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
  };
  return {
    async run(lines) {
      const prelude = [...functions, `source ${exported}`];
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
    strike: machines.strike,
    async close() {
      await machines.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What a machine has beside a shell. An answer of the control that is no 200 is told, and fails. */
const functions = [
  'ringwalk() { "$NODE" "$MAIN" "$@"; }',
  'sudo() { "$@"; }',
  'systemctl() { [ "$1" = daemon-reload ] || curl --fail-with-body -X POST "$CONTROL/$MACHINE/$1"; }',
  'journalctl() { cat "$JOURNAL"; }',
];

/** Goes to the line's machine, where `ringwalk` asks the machine's own node. */
function placeOf(line: TypedLine, machines: Machines, desk: string): string {
  const machine = machineOf(line, machines);
  if (!machine) return `cd ${desk}; unset MACHINE JOURNAL`;
  return `cd ${machine.root}; MACHINE=${machine.name}; JOURNAL=${machine.log}`;
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
