/** Writes that go on while nodes fail, and what the ring owes for them: what it acknowledged, and nothing invented. */
import type { ByteClient } from "../../src/client/api.ts";
import { createByteClient } from "../../src/client/byte-client.ts";
import { OutcomeUnknownError, RingwalkError } from "../../src/client/errors.ts";
import { each } from "./calls.ts";
import type { Reachable } from "./nodes.ts";
import { until } from "./until.ts";

export interface Ledger {
  /** Starts writers; each owns some keys, and writes one new value after the other. */
  start(nodes: readonly Reachable[]): void;
  /** Resolves when the ring has acknowledged `count` writes more than it has now. */
  untilAcknowledged(count: number): Promise<void>;
  /** Lets the writes under way end. */
  stop(): Promise<void>;
  /** Reads every key through every node: values that the ring does not owe, and reads that it cannot answer. */
  wrongReads(nodes: readonly Reachable[]): Promise<string[]>;
  /** How many writes were acknowledged, refused, and left unknown. */
  readonly counts: {
    readonly acknowledged: number;
    readonly refused: number;
    readonly unknown: number;
  };
}

interface KeyHistory {
  acknowledged: string | undefined;
  /** Writes of unknown outcome may take effect at any later time. */
  readonly unknown: Set<string>;
}

const writerCount = 8;
const keysOfEach = 25;

export function createLedger(prefix = "ledger"): Ledger {
  const histories = new Map<string, KeyHistory>();
  const counts = { acknowledged: 0, refused: 0, unknown: 0 };
  let isStopping = false;
  let writers: Promise<void>[] = [];

  async function write(client: ByteClient, key: string, value: string) {
    const history = histories.get(key) ?? {
      acknowledged: undefined,
      unknown: new Set(),
    };
    histories.set(key, history);
    try {
      await client.putBytes(key, new TextEncoder().encode(value));
      history.acknowledged = value;
      counts.acknowledged++;
    } catch (error) {
      if (error instanceof OutcomeUnknownError) {
        history.unknown.add(value);
        counts.unknown++;
      } else if (error instanceof RingwalkError && isRefusal(error))
        counts.refused++;
      else throw error;
    }
  }

  async function runWriter(client: ByteClient, writer: number) {
    for (let turn = 0; !isStopping; turn++) {
      const key = `${prefix} ${writer} ${turn % keysOfEach}`;
      await write(client, key, `${key} in turn ${turn}`);
    }
  }

  return {
    counts,
    start(nodes) {
      isStopping = false;
      writers = Array.from({ length: writerCount }, (_, writer) =>
        runWriter(clientOf(nodes), writer),
      );
      // Whoever stops them sees an error that is none of the ring's.
      for (const writer of writers) writer.catch(() => {});
    },
    untilAcknowledged(count) {
      const goal = counts.acknowledged + count;
      return until(
        () => counts.acknowledged >= goal,
        `${count} more writes are acknowledged`,
      );
    },
    async stop() {
      isStopping = true;
      await Promise.all(writers);
    },
    async wrongReads(nodes) {
      const wrong: string[] = [];
      const reads = [...histories.keys()].flatMap((key) =>
        nodes.map((node) => ({ key, node, client: clientOf([node]) })),
      );
      await each(reads, 32, async ({ key, node, client }) => {
        const found = await readText(client, key);
        if (!isOwed(histories.get(key), found))
          wrong.push(`${key} at ${node.name}: ${found}`);
      });
      return wrong;
    },
  };
}

function clientOf(nodes: readonly Reachable[]): ByteClient {
  return createByteClient({ nodes: nodes.map(({ url }) => url) });
}

/** The promise of these codes is that nothing was changed, now or later. */
function isRefusal({ code }: RingwalkError): boolean {
  return ["unreachable", "no_quorum", "overloaded", "shutting_down"].includes(
    code,
  );
}

async function readText(client: ByteClient, key: string) {
  try {
    const stored = await client.getBytes(key);
    return stored && new TextDecoder().decode(stored.bytes);
  } catch (error) {
    return String(error);
  }
}

function isOwed(history: KeyHistory | undefined, found: string | undefined) {
  if (!history) return found === undefined;
  if (found === history.acknowledged) return true;
  return found !== undefined && history.unknown.has(found);
}
