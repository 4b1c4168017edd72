#!/usr/bin/env node
// Starts the command line on the runtime that runs this. Of Node.js, 22.18 is the first with node:sqlite and TypeScript
// without flags; on an older one the binary of the npm package `node` takes over, if it is installed.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

// A checkout has the sources; the published package has what was built of them, and nothing else.
const source = new URL("../src/cli/main.ts", import.meta.url);
const isCheckout = existsSync(source);
const main = isCheckout ? source : new URL("../dist/cli.js", import.meta.url);

// Bun and Deno name a version of Node.js too, and it says nothing of what they can do.
const { bun, deno, node: nodeVersion } = process.versions;

if (bun !== undefined || deno !== undefined || isNewEnough(nodeVersion)) {
  await import(main.href);
} else {
  const node = findNewerNode();
  if (node === undefined) {
    console.error(
      `node_too_old: ringwalk needs Node.js 22.18 or later, and this is ${process.versions.node}. Install a newer one from https://nodejs.org, or run "${isCheckout ? "npm ci" : "npm install node"}" here: it brings one along.`,
    );
    process.exit(1);
  }
  runWith(node);
}

function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 22 || (major === 22 && minor >= 18);
}

function findNewerNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve(
      "node/package.json",
    );
    const { version, bin } = createRequire(manifest)(manifest);
    const path = typeof bin === "string" ? bin : bin.node;
    return isNewEnough(version) ? join(dirname(manifest), path) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Stands in for the newer process: what should end this one is passed on, and its end is this one's. The IPC channel
 * tells it when this one was killed.
 */
function runWith(node) {
  const child = spawn(node, [fileURLToPath(main), ...process.argv.slice(2)], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
  });
  child.on("error", (error) => {
    console.error(`node_failed: ${node} cannot be run (${error.message}).`);
    process.exit(1);
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
