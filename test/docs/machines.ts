/** Machines as the operators' pages have them: each with its files, and a service that is started, stopped and killed. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { freePort } from "../cli/processes.ts";

const mainPath = resolve("src/cli/main.ts");

/** The machines that the pages name. */
export const machineNames = ["n1", "n2", "n3", "n4"] as const;

export interface Machine {
  readonly name: string;
  /** Where its service is reached, as other machines and clients see it. */
  readonly url: string;
  /** What stands for `/`. */
  readonly root: string;
  /** Where its service writes its log. */
  readonly log: string;
}

/** What happens to a machine, beside what its operator types. */
export type Blow = "kill" | "wipe" | "start";

export interface Machines {
  readonly all: readonly Machine[];
  /** `systemctl VERB ringwalk` on a machine is a POST to this url with `/NAME/VERB`. */
  readonly controlUrl: string;
  strike(blow: Blow, name: string): Promise<void>;
  close(): Promise<void>;
}

/** Machines without a service yet, their files below `folder`. */
export async function createMachines(folder: string): Promise<Machines> {
  const services = new Map<string, Service>();
  for (const name of machineNames) {
    const root = join(folder, name);
    await mkdir(join(root, "etc/ringwalk"), { recursive: true });
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const machine = { name, url, root, log: join(root, "journal") };
    services.set(name, createService(machine, port));
  }
  const serviceOf = (name: string) => {
    const service = services.get(name);
    if (!service) throw new Error(`there is no machine ${name}`);
    return service;
  };
  const control = await serveControl(async (name, verb) => {
    const service = serviceOf(name);
    if (verb !== "start") await service.end("SIGTERM");
    if (verb !== "stop") await service.start();
  });
  return {
    all: [...services.values()].map(({ machine }) => machine),
    controlUrl: control.url,
    async strike(blow, name) {
      const service = serviceOf(name);
      if (blow === "start") return service.start();
      await service.end("SIGKILL");
      if (blow === "wipe") await service.wipe();
    },
    async close() {
      control.close();
      await Promise.all(
        [...services.values()].map((each) => each.end("SIGKILL")),
      );
    },
  };
}

interface Service {
  readonly machine: Machine;
  /** Resolves when it serves; rejects when it ends before that. */
  start(): Promise<void>;
  /** Resolves when it has ended; at once when it does not run. */
  end(signal: NodeJS.Signals): Promise<void>;
  /** Takes its data away. */
  wipe(): Promise<void>;
}

/** As the unit has it: its host's name, variables from the file in /etc, data in /var/lib. */
function createService(machine: Machine, port: number): Service {
  const data = join(machine.root, "var/lib/ringwalk");
  let child: ChildProcess | undefined;
  return {
    machine,
    async start() {
      const file = join(machine.root, "etc/ringwalk/ringwalk.env");
      const settings = parseEnv(await readFile(file, "utf8").catch(() => ""));
      const place = ["--port", String(port), "--data", data];
      // Few, so that the many joins and leaves of a page take no time.
      const args = ["serve", ...place, "--partitions", "64"];
      child = spawn(process.execPath, [mainPath, ...args], {
        cwd: machine.root,
        env: {
          PATH: process.env.PATH,
          NODE_NO_WARNINGS: "1",
          RINGWALK_NAME: machine.name,
          ...settings,
        },
        stdio: ["ignore", "pipe", "pipe"],
      });
      child.stderr?.pipe(createWriteStream(machine.log, { flags: "a" }));
      await isReady(child, machine);
    },
    async end(signal) {
      if (!child || child.exitCode !== null || child.signalCode !== null)
        return;
      const closed = once(child, "close");
      child.kill(signal);
      await closed;
    },
    wipe: () => rm(data, { recursive: true, force: true }),
  };
}

function isReady(child: ChildProcess, { name, log }: Machine): Promise<void> {
  return new Promise((ready, reject) => {
    let seen = "";
    child.once("error", reject);
    child.once("exit", async (code) => {
      const said = await readFile(log, "utf8").catch(() => "");
      reject(new Error(`${name} ended with ${code}: ${said.slice(-2_000)}`));
    });
    child.stdout?.on("data", (chunk: Buffer) => {
      seen += chunk;
      if (seen.includes(" is ready at ")) ready();
    });
  });
}

/** How a shell tells this process to start and stop services, so that they are children of it and end with it. */
async function serveControl(
  act: (name: string, verb: string) => Promise<void>,
): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((request, response) => {
    const [, name = "", verb = ""] = (request.url ?? "").split("/");
    act(name, verb).then(
      () => response.end(),
      (error: unknown) => response.writeHead(500).end(`${String(error)}\n`),
    );
  });
  const port = await listening(server);
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => void server.close(),
  };
}

async function listening(
  server: ReturnType<typeof createServer>,
): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}
