/** `ringwalk serve` */
import { nodeUrl } from "../../client/node-list.ts";
import type { Log, Store } from "../../ports.ts";
import { checkListenOptions, urlOf } from "../../runtime/listen-policy.ts";
import { configureLog, createLog } from "../../runtime/log.ts";
import type { RunningServer } from "../../runtime/server.ts";
import { StartError } from "../../runtime/start-error.ts";
import { startServer } from "../../runtime/this-runtime.ts";
import { command } from "../command.ts";
import { CliError, type ExitCode, exitCodes } from "../exit-code.ts";
import {
  type JoinPlan,
  joinRing,
  rejoinWhenRemoved,
  untilRingAnswers,
  warnOfOtherRing,
} from "../join-ring.ts";
import { isInRing, openNodeStore } from "../node-store.ts";
import { writeLine } from "../output.ts";
import { serveArgs } from "../serve-args.ts";
import { fileSource, flagSource, variableSource } from "../setting-sources.ts";
import {
  foundingOf,
  resolveSettings,
  type ServeSettings,
} from "../settings.ts";
import { aborted, listenForStop } from "../stop-signal.ts";

/** Prints one line when the node serves its ring, and runs until a signal ends it; logs go to standard error. */
export const serve = command({
  name: "serve",
  description:
    "Run a node; without --join, and without data of its own, it founds a ring",
  args: serveArgs,
  examples: [
    "ringwalk serve -p 8000",
    "ringwalk serve -p 8001 --join http://127.0.0.1:8000",
    "ringwalk serve -k 0.0.0.0 --url https://n1.example.com --secret $SECRET --data /var/lib/ringwalk",
    "ringwalk serve --config ringwalk.json",
    "ringwalk serve -p 8001 --join http://127.0.0.1:8000 --replace      after its disk was lost",
  ],
  async run({ args, all }) {
    const file = args.config ?? process.env.RINGWALK_CONFIG;
    const settings = resolveSettings([
      flagSource(args, all),
      variableSource(process.env),
      ...(file ? [await fileSource(file)] : []),
    ]);
    configureLog({
      level: settings["log-level"],
      format: settings["log-format"],
    });
    return serveUntilStopped(
      settings,
      createLog(settings.name),
      listenForStop(),
    );
  },
});

async function serveUntilStopped(
  settings: ServeSettings,
  log: Log,
  signal: AbortSignal,
): Promise<ExitCode> {
  // Before the store, so that a refusal leaves no folder behind.
  inTermsOfFlags(() => checkListenOptions(accessOf(settings)));
  const store = await openNodeStore(settings);
  try {
    const plan = planOf(settings, log, signal);
    const mustJoin = plan.urls.length > 0 && !(await isInRing(store));
    if (mustJoin) await untilRingAnswers(plan);
    if (signal.aborted) return exitCodes.ok;
    const server = await start(settings, store, log);
    try {
      if (mustJoin)
        await Promise.race([joinRing(server.node, plan), aborted(signal)]);
      else void warnOfOtherRing(server.node, plan);
      if (!signal.aborted)
        await writeLine(`${settings.name} is ready at ${server.url}`);
      void rejoinWhenRemoved(server.node, plan);
      await aborted(signal);
    } finally {
      await server.close();
    }
  } finally {
    await store.close();
  }
  return exitCodes.ok;
}

/** A node that names itself among those to join is the one that the others wait for. */
function planOf(
  settings: ServeSettings,
  log: Log,
  signal: AbortSignal,
): JoinPlan {
  const { host, port, url, store } = settings;
  const self = nodeUrl(url ?? urlOf(host, port));
  return {
    urls: settings.join.map(nodeUrl).filter((other) => other !== self),
    timeoutMs: settings["join-timeout"] * 1000,
    replace: settings.replace,
    secret: settings.secret,
    isVolatile: store === "memory",
    expected: foundingOf(settings),
    log,
    signal,
  };
}

function start(
  settings: ServeSettings,
  store: Store,
  log: Log,
): Promise<RunningServer> {
  const { name, port, zone, weight } = settings;
  return startServer({
    name,
    port,
    ...accessOf(settings),
    ...(zone !== undefined && { zone }),
    ...(weight !== undefined && { weight }),
    founding: foundingOf(settings),
    ...(typeof settings.store === "string" &&
      settings.store !== "memory" && { dataFolder: settings.data }),
    missingStatus: settings["missing-status"],
    openStore: async () => store,
    log,
  });
}

/** Where to listen, and who is let in. */
function accessOf(settings: ServeSettings) {
  const { host, url, secret, insecure } = settings;
  const secretAlso = settings["secret-also"];
  const adminToken = settings["admin-token"];
  return {
    host,
    ...(url !== undefined && { url }),
    ...(secret !== undefined && { secret }),
    ...(secretAlso !== undefined && { secretAlso }),
    ...(adminToken !== undefined && { adminToken }),
    insecure,
    corsOrigins: settings["cors-origin"],
  };
}

/** Where to listen and with what is the user's to say, so a refusal is wrong usage. */
function inTermsOfFlags(check: () => void): void {
  try {
    check();
  } catch (cause) {
    if (!(cause instanceof StartError)) throw cause;
    const { code, message } = cause;
    throw new CliError({ code, message, exitCode: exitCodes.usage, cause });
  }
}
