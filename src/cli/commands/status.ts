/** `ringwalk status` */
import { partsOf } from "../../client/byte-client.ts";
import { type Call, createCall } from "../../client/call.ts";
import type { RingStatus } from "../../client/status.ts";
import { createStreamCall } from "../../client/stream-call.ts";
import { peerCallTimeoutMs } from "../../core/limits.ts";
import {
  authorizationOf,
  clientArgs,
  clientOf,
  jsonArg,
} from "../client-args.ts";
import { command, type Invocation } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { canRedraw, coloured, write, writeJson } from "../output.ts";
import { statusAt, withProgress } from "../ring-look.ts";
import { callRollOnce, createRollCall } from "../roll-call.ts";
import { jsonPrinter, linePrinter, screenPrinter } from "../status-printers.ts";
import { statusView } from "../status-view.ts";
import { looksAtRing } from "../status-watch.ts";
import { listenForStop } from "../stop-signal.ts";

const args = {
  watch: {
    type: "boolean",
    alias: "w",
    description:
      "Go on until Ctrl-C, at another member when the asked one dies: live in a terminal, else what has changed, with --json as a line each time",
  },
  ...jsonArg,
  ...clientArgs,
} as const;

/** As the asked node sees it, after it has asked the others; how far a change is comes from the member that drives it. */
export const status = command({
  name: "status",
  description:
    "Show the ring: members, their share and health, changes under way",
  args,
  examples: [
    "ringwalk status",
    "ringwalk status --watch",
    "ringwalk status --node https://n1.example.com",
    "ringwalk status --json | jq .epoch",
    "ringwalk status --json --watch | jq --unbuffered .phase",
  ],
  async run(invocation) {
    const call = createCall({ headers: authorizationOf(invocation.args) });
    if (invocation.args.watch) {
      await watch(invocation, call);
      return exitCodes.ok;
    }
    const ring = await withProgress(await statusOf(invocation, call), { call });
    if (invocation.args.json) await writeJson(ring);
    else await write(coloured(statusView(ring)));
    return exitCodes.ok;
  },
});

/** A little more than a node waits for a member that hangs. */
const rollCallMs = peerCallTimeoutMs + 500;

/** What a node says after it has asked the others, who may have died while nobody asked them. */
async function statusOf(
  invocation: Invocation<typeof args>,
  call: Call,
): Promise<RingStatus> {
  const client = clientOf(invocation);
  const first = await client.status();
  const [asked] = partsOf(client).sending.nodes.order();
  if (asked === undefined || first.members.length === 1) return first;
  const headers = authorizationOf(invocation.args);
  const stream = createStreamCall({ headers });
  await callRollOnce(stream, asked, rollCallMs);
  return (await statusAt(asked, { call })) ?? first;
}

async function watch(
  invocation: Invocation<typeof args>,
  call: Call,
): Promise<void> {
  const signal = listenForStop();
  const client = clientOf(invocation, { attemptTimeoutMs: 2_000 });
  const headers = authorizationOf(invocation.args);
  const rollCall = createRollCall(createStreamCall({ headers }), signal);
  const printer = invocation.args.json
    ? jsonPrinter()
    : canRedraw(process.stdout)
      ? await screenPrinter()
      : linePrinter();
  try {
    for await (const look of looksAtRing({
      client,
      call,
      rollCall,
      signal,
    }))
      await printer.show(look);
  } finally {
    printer.end();
  }
}
