/** `ringwalk watch KEY` */
import { attemptTimeoutMsDefault } from "../../client/byte-client.ts";
import {
  createNodeList,
  type NodeList,
  nodeUrl,
} from "../../client/node-list.ts";
import { createRingPin } from "../../client/ring-pin.ts";
import type { RingStatus } from "../../client/status.ts";
import { createStreamCall } from "../../client/stream-call.ts";
import {
  type WatchedState,
  type WatchParts,
  watchKey,
} from "../../client/watch.ts";
import {
  authorizationOf,
  clientArgs,
  clientOf,
  nodesOf,
  timeoutMsOf,
} from "../client-args.ts";
import { command } from "../command.ts";
import { exitCodes, usageError } from "../exit-code.ts";
import { note, write, writeLine } from "../output.ts";
import { listenForStop } from "../stop-signal.ts";
import { valueFields } from "../value-fields.ts";

const timeoutMsDefault = 30_000;

/** Goes on at another member when a node dies; Ctrl-C ends it with exit code 0, as `--count` does. */
export const watch = command({
  name: "watch",
  description: "Print a key's value, and again each time that it changes",
  args: {
    key: { type: "positional", description: "The key", required: true },
    count: {
      type: "string",
      valueHint: "number",
      description: "End after so many states (default: at Ctrl-C)",
    },
    after: {
      type: "string",
      valueHint: "id",
      description: "The id of the state that is known: print those that follow",
    },
    json: {
      type: "boolean",
      description: "Print a line of JSON for each state",
    },
    ...clientArgs,
    timeout: {
      type: "string",
      valueHint: "seconds",
      description: "How long no node may serve the key (default 30)",
    },
  },
  examples: [
    "ringwalk watch greeting",
    "ringwalk watch config --json | jq --unbuffered .value",
    "ringwalk watch job-7 --count 1 --after absent   # waits until there is one",
  ],
  async run(invocation) {
    const { args } = invocation;
    const countMax = countOf(args.count);
    const signal = listenForStop();
    const nodes = createNodeList({
      urls: nodesOf(invocation).map(nodeUrl),
      policy: "sticky",
      now,
    });
    const client = clientOf(invocation);
    const parts: WatchParts = {
      nodes,
      now,
      ring: createRingPin(),
      call: createStreamCall({ headers: authorizationOf(args) }),
      attemptTimeoutMs: attemptTimeoutMsDefault,
      timeoutMs: timeoutMsOf(args) ?? timeoutMsDefault,
      onOpen: () => {
        // Who does not tell its members serves the key all the same.
        learning = client.status({ signal }).then(
          (status) => learn(nodes, status),
          () => {},
        );
      },
    };
    let learning: Promise<void> | undefined;
    let count = 0;
    try {
      const states = watchKey(parts, args.key, {
        signal,
        ...(args.after !== undefined && { after: args.after }),
      });
      for await (const state of states) {
        // From the first line on the node that was named may go.
        await learning;
        await (args.json ? writeState(args.key, state) : writeValue(state));
        if (++count === countMax) break;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    return exitCodes.ok;
  },
});

const now = () => performance.now();

/** The other members can go on when the nodes that were named are gone. */
function learn(nodes: NodeList, { members }: RingStatus): void {
  for (const { url } of members) nodes.add(nodeUrl(url));
}

function countOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1)
    throw usageError(`--count ${text} is not a number of states.`);
  return count;
}

/** Each value ends its line, so that a reader sees where the next begins. */
async function writeValue({ stored }: WatchedState): Promise<void> {
  if (!stored) return note("(no value)");
  await write(stored.bytes);
  if (stored.bytes.at(-1) !== 0x0a) await write("\n");
}

function writeState(key: string, { id, stored }: WatchedState): Promise<void> {
  const fields = stored
    ? { ...valueFields(stored), revision: stored.revision }
    : { absent: true };
  return writeLine(JSON.stringify({ key, id, ...fields }));
}
