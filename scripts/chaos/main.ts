/**
 * Real processes under load that are killed, paused, cut off, joined and removed, and a verdict on what their clients
 * were told: `npm run chaos -- --help` tells the flags. Exit code 0: no violation. 1: there was one. 2: nothing was run.
 */
import { spawn } from "node:child_process";
import { type Arguments, parseArguments, usage } from "./arguments.ts";
import { runChaos } from "./chaos.ts";
import { createNamespaces, hubPrefix } from "./namespaces.ts";
import { createProxies } from "./proxies.ts";

/** Set in the process that runs in a hub. */
const hubVariable = "RINGWALK_CHAOS_HUB";

const parsed = parseArguments(process.argv.slice(2));
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => process.exit(1));
process.exitCode = await main(parsed);

async function main(options: Arguments | undefined): Promise<number> {
  if (!options) {
    console.error(usage);
    return 2;
  }
  if (process.env[hubVariable] !== undefined) {
    // Whoever started it is gone, and with it the reason to go on; the nodes end with this process.
    const giveUp = () => process.exit(1);
    process.once("disconnect", giveUp);
    const isGood = await runChaos(options, await createNamespaces());
    process.off("disconnect", giveUp);
    process.disconnect?.();
    return isGood ? 0 : 1;
  }
  const prefix = options.split === "proxies" ? undefined : hubPrefix();
  if (prefix) return runInHub(prefix);
  if (options.split === "namespaces") {
    console.error("This machine does not allow network namespaces.");
    return 2;
  }
  return (await runChaos(options, createProxies())) ? 0 : 1;
}

/** The same command in a network namespace of its own, from where all others can be reached. */
function runInHub([
  command = "",
  ...flags
]: readonly string[]): Promise<number> {
  const args = [...flags, process.execPath, ...process.argv.slice(1)];
  const child = spawn(command, args, {
    env: { ...process.env, [hubVariable]: "1" },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
}
