/** `ringwalk dev [N]` */
import { sep } from "node:path";
import { createConsola } from "consola/basic";
import { createByteClient } from "../../client/byte-client.ts";
import { memberCountMax } from "../../core/limits.ts";
import { mayOpenBrowser, openPage } from "../browser.ts";
import { red, reset } from "../colours.ts";
import { command } from "../command.ts";
import { commandName } from "../command-name.ts";
import { type DevNodeSeen, dashboardUrl, devBanner } from "../dev-banner.ts";
import { type DevNode, startDevNode } from "../dev-node.ts";
import { type DevOptions, planDevNodes } from "../dev-plan.ts";
import {
  CliError,
  type ExitCode,
  exitCodes,
  usageError,
} from "../exit-code.ts";
import { coloured, note, write } from "../output.ts";
import { aborted, listenForStop } from "../stop-signal.ts";

/** Runs until Ctrl-C, or until no node is left; exit code 1 when one ended by itself. */
export const dev = command({
  name: "dev",
  description:
    "Run a ring of N nodes on this machine, to develop and try things out",
  args: {
    nodes: {
      type: "positional",
      description: "How many nodes (default 3)",
      required: false,
    },
    port: {
      type: "string",
      alias: "p",
      description: "The first node's port; the others follow (default 8000)",
    },
    data: {
      type: "string",
      valueHint: "folder",
      description: "Where the nodes keep their data (default .ringwalk)",
    },
    store: {
      type: "string",
      valueHint: "sqlite|fs|memory",
      description: "Where data is kept (default sqlite)",
    },
    replicas: {
      type: "string",
      valueHint: "n",
      description:
        "Replicas of each key, chosen when the ring is founded (default 3)",
    },
    open: {
      type: "boolean",
      default: true,
      description: "Open the dashboard in the browser",
      negativeDescription:
        "Do not open the dashboard in the browser, as it is without a terminal or a screen, and in CI",
    },
    verbose: {
      type: "boolean",
      description: "Show the nodes' logs, not their warnings alone",
    },
  },
  examples: [
    "ringwalk dev",
    "ringwalk dev 5 --port 9000",
    "ringwalk dev 3 --store memory --verbose",
  ],
  async run({ args }) {
    return runDev({
      isOpening: args.open && mayOpenBrowser(),
      nodeCount: countOf(args.nodes ?? "3", "N", memberCountMax),
      port: countOf(args.port ?? "8000", "--port", 65_535),
      data: args.data ?? ".ringwalk",
      store: args.store ?? "sqlite",
      replicas: args.replicas,
      logLevel: args.verbose ? "info" : "warning",
    });
  },
});

function countOf(text: string, what: string, maximum: number): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0 && count <= maximum) return count;
  throw usageError(
    `${what} must be a whole number from 1 to ${maximum}, not ${text}.`,
  );
}

async function runDev(
  options: DevOptions & { readonly isOpening: boolean },
): Promise<ExitCode> {
  const signal = listenForStop();
  const nodes = planDevNodes(options).map((plan) =>
    startDevNode({ ...plan, onLog: (line) => note(`${plan.name} | ${line}`) }),
  );
  try {
    await Promise.race([
      Promise.all(nodes.map(({ ready }) => ready)),
      aborted(signal),
    ]);
    if (signal.aborted) return exitCodes.ok;
    const seen = await Promise.all(nodes.map(see));
    await greet(seen, options);
    const page = options.isOpening ? dashboardUrl(seen) : undefined;
    if (page !== undefined) await openPage(page);
    return await watch(nodes, signal);
  } catch (cause) {
    throw new CliError({
      code: "dev_failed",
      message: `${cause instanceof Error ? cause.message : cause}; its last lines above say why. The other nodes were stopped.`,
      cause,
    });
  } finally {
    await Promise.all(nodes.map((node) => node.stop()));
  }
}

/** Until it is told to stop, or no node is left. A node that ends by itself is told at once, and in the exit code. */
async function watch(
  nodes: readonly DevNode[],
  signal: AbortSignal,
): Promise<ExitCode> {
  const messages = createConsola({
    stdout: process.stderr,
    stderr: process.stderr,
  });
  let exitCode: ExitCode = exitCodes.ok;
  const ends = nodes.map(async ({ name, ended }) => {
    const how = await ended;
    if (signal.aborted) return;
    exitCode = exitCodes.error;
    messages.error(
      coloured(
        `${red}${name} ${how}.${reset} The others go on; stop with Ctrl-C and start again to have all.`,
        process.stderr,
      ),
    );
  });
  await Promise.race([Promise.all(ends), aborted(signal)]);
  return exitCode;
}

async function greet(
  seen: readonly DevNodeSeen[],
  { data, store }: DevOptions,
): Promise<void> {
  const where = store === "memory" ? "in memory" : `under ${data}${sep}`;
  await write(devBanner(seen, { where, command: commandName() }));
}

async function see({ name, url, pid }: DevNode): Promise<DevNodeSeen> {
  const { ringId, members } = await createByteClient({ nodes: [url] }).status();
  return { name, url, pid, ringId, members: members.map((each) => each.name) };
}
