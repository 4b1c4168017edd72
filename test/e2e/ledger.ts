/** Reads and writes that go on while nodes fail, and what the ring owes for them: what it acknowledged, nothing invented. */
import type { ByteClient } from "../../src/client/api.ts";
import { createByteClient } from "../../src/client/byte-client.ts";
import { OutcomeUnknownError, RingwalkError } from "../../src/client/errors.ts";
import { each } from "./each.ts";
import type { Reachable } from "./nodes.ts";
import { until } from "./until.ts";

export interface LedgerOptions {
  /** The keys that are written, with the values that the ring has of them; absent: none. */
  readonly initial: ReadonlyMap<string, string | undefined>;
  /** The value for a key's next write; no two turns have the same. */
  readonly valueOf: (key: string, turn: number) => string;
  /** How many write at once; eight unless given. */
  readonly writerCount?: number;
  /** How many read keys at once, and check what they get; none unless given. */
  readonly readerCount?: number;
}

export interface Ledger {
  /** Starts the writers, each with keys of its own, and the readers. */
  start(nodes: readonly Reachable[]): void;
  /** Resolves when the ring has acknowledged `count` writes more than it has now. */
  untilAcknowledged(count: number): Promise<void>;
  /** Lets what is under way end. */
  stop(): Promise<void>;
  /** Whether the ring, with no write under way, may have this value of the key (absent: none). */
  isOwed(key: string, found: string | undefined): boolean;
  /** Reads every key through every node: values that the ring does not owe, and reads that it cannot answer. */
  wrongReads(nodes: readonly Reachable[]): Promise<string[]>;
  readonly counts: Readonly<Counts>;
}

interface Counts {
  acknowledged: number;
  /** Nothing was changed, and the client was told so. */
  refused: number;
  unknown: number;
  read: number;
  /** Reads that had no answer; what they would have got is not known. */
  unread: number;
  /** Reads of values that were never written, or were overwritten before the read began. */
  readonly wrong: string[];
}

interface KeyHistory {
  /** Values in the order of their writes, the initial one first; refused ones are taken out again. */
  readonly values: (string | undefined)[];
  /** The place of the newest acknowledged one among them. */
  acknowledged: number;
  /** Writes of unknown outcome may take effect at any later time. */
  readonly unknown: Set<string | undefined>;
}

export function createLedger(options: LedgerOptions = smallLedger()): Ledger {
  const { writerCount = 8, readerCount = 0 } = options;
  const keys = [...options.initial.keys()];
  const histories = new Map<string, KeyHistory>();
  for (const [key, value] of options.initial)
    histories.set(key, {
      values: [value],
      acknowledged: 0,
      unknown: new Set(),
    });
  const counts: Counts = {
    acknowledged: 0,
    refused: 0,
    unknown: 0,
    read: 0,
    unread: 0,
    wrong: [],
  };
  let isStopping = false;
  let work: Promise<void>[] = [];

  function historyOf(key: string): KeyHistory {
    const history = histories.get(key);
    if (!history) throw new Error(`${key} is not in this ledger`);
    return history;
  }

  async function write(client: ByteClient, key: string, value: string) {
    const history = historyOf(key);
    const place = history.values.push(value) - 1;
    try {
      await client.putBytes(key, new TextEncoder().encode(value));
      history.acknowledged = place;
      counts.acknowledged++;
    } catch (error) {
      if (error instanceof OutcomeUnknownError) {
        history.unknown.add(value);
        counts.unknown++;
      } else if (isRefusal(error)) {
        history.values.pop();
        counts.refused++;
      } else throw error;
    }
  }

  async function runWriter(client: ByteClient, writer: number): Promise<void> {
    const own = keys.filter((_, at) => at % writerCount === writer);
    for (let turn = 1; !isStopping; turn++) {
      const key = own[turn % own.length];
      if (key !== undefined)
        await write(client, key, options.valueOf(key, turn));
    }
  }

  async function runReader(client: ByteClient): Promise<void> {
    while (!isStopping) {
      const key = keys[Math.floor(Math.random() * keys.length)] ?? "";
      const history = historyOf(key);
      const { acknowledged } = history;
      try {
        const found = await readText(client, key);
        counts.read++;
        const isOld = history.values.lastIndexOf(found) < acknowledged;
        if (isOld && !history.unknown.has(found))
          counts.wrong.push(`${key}: ${found}`);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        counts.unread++;
      }
    }
  }

  function isOwed(key: string, found: string | undefined): boolean {
    const history = histories.get(key);
    if (!history) return found === undefined;
    const { values, acknowledged, unknown } = history;
    return found === values[acknowledged] || unknown.has(found);
  }

  return {
    counts,
    isOwed,
    start(nodes) {
      isStopping = false;
      const times = (count: number, run: (at: number) => Promise<void>) =>
        Array.from({ length: count }, (_, at) => run(at));
      work = [
        ...times(writerCount, (at) => runWriter(clientOf(nodes), at)),
        ...times(readerCount, () => runReader(clientOf(nodes))),
      ];
      // Whoever stops them sees an error that is none of the ring's.
      for (const worker of work) worker.catch(() => {});
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
      await Promise.all(work);
    },
    async wrongReads(nodes) {
      const wrong: string[] = [];
      for (const node of nodes) {
        const client = clientOf([node]);
        await each(keys, 64, async (key) => {
          const found = await readText(client, key).catch(String);
          if (!isOwed(key, found))
            wrong.push(`${key} at ${node.name}: ${found}`);
        });
      }
      return wrong;
    },
  };
}

function smallLedger(): LedgerOptions {
  const keys = Array.from({ length: 200 }, (_, at) => `ledger ${at}`);
  return {
    initial: new Map(keys.map((key) => [key, undefined])),
    valueOf: (key, turn) => `${key} in turn ${turn}`,
  };
}

function clientOf(nodes: readonly Reachable[]): ByteClient {
  return createByteClient({ nodes: nodes.map(({ url }) => url) });
}

/** The promise of these codes is that nothing was changed, now or later. */
function isRefusal(error: unknown): boolean {
  const codes = [
    "unreachable",
    "no_quorum",
    "overloaded",
    "shutting_down",
    "store_failed",
  ];
  return error instanceof RingwalkError && codes.includes(error.code);
}

async function readText(
  client: ByteClient,
  key: string,
): Promise<string | undefined> {
  const stored = await client.getBytes(key);
  return stored && new TextDecoder().decode(stored.bytes);
}
