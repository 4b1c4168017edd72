/** One leader among many processes, and a ledger that only the newest leader can write to, also when an old one wakes up late. */
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type Client,
  compareRevisions,
  createClient,
  type Lock,
} from "ringwalk/client";

export interface LeadOptions {
  /** What there is one leader of. */
  readonly name: string;
  /** When a leader dies, nobody leads for so long. */
  readonly ttlSeconds: number;
  readonly signal: AbortSignal;
}

/**
 * Waits to be leader, and does `work` until it ends or the leadership is lost; then waits again, until the signal.
 * `work` should stop when `term.signal` aborts, and give `term.revision` to whatever it writes to.
 */
export async function lead(
  client: Client,
  { name, ttlSeconds, signal }: LeadOptions,
  work: (term: Lock) => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    await using term = await client.lock(`leader/${name}`, {
      ttlSeconds,
      signal,
    });
    // What cannot be renewed ends by itself: then its signal aborts.
    const renewal = setInterval(
      () => void term.renew().catch(() => {}),
      (ttlSeconds * 1000) / 3,
    );
    try {
      await work(term);
    } catch (error) {
      if (!term.signal.aborted && !signal.aborted) throw error;
    } finally {
      clearInterval(renewal);
    }
  }
}

/** The writer is not the leader any more: there was a newer one here. */
export class StaleLeaderError extends Error {
  override readonly name = "StaleLeaderError";
}

/**
 * What must have one writer. **The lock alone does not see to that**: a process may stand still between looking at its
 * lock and writing. So the ledger remembers the newest token that it was given, and refuses older ones, in the same
 * transaction as the write.
 */
export function openLedger(path: string) {
  const database = new DatabaseSync(path, { timeout: 10_000 });
  database.exec(
    "CREATE TABLE IF NOT EXISTS lines (text TEXT, token TEXT); CREATE TABLE IF NOT EXISTS newest (token TEXT)",
  );
  const newest = database.prepare("SELECT token FROM newest");
  return {
    append(text: string, token: string): void {
      database.exec("BEGIN IMMEDIATE");
      try {
        const seen = newest.get()?.token;
        if (typeof seen === "string" && compareRevisions(token, seen) < 0)
          throw new StaleLeaderError("A newer leader has written already.");
        database.exec("DELETE FROM newest");
        database.prepare("INSERT INTO newest VALUES (?)").run(token);
        database.prepare("INSERT INTO lines VALUES (?, ?)").run(text, token);
        database.exec("COMMIT");
      } catch (error) {
        database.exec("ROLLBACK");
        throw error;
      }
    },
    lines: () =>
      database.prepare("SELECT text FROM lines ORDER BY rowid").all(),
    close: () => database.close(),
  };
}

if (import.meta.main) {
  const nodes = (process.env.RINGWALK_NODE ?? "http://127.0.0.1:8000").split(
    ",",
  );
  const client = createClient({ nodes, token: process.env.RINGWALK_TOKEN });
  const ledger = openLedger(process.argv[2] ?? "ledger.sqlite");
  const me = `process ${process.pid}`;
  const { signal } = new AbortController();
  const options = { name: "ledger", ttlSeconds: 5, signal };
  await lead(client, options, async (term) => {
    console.log(`${me} leads`);
    while (!term.signal.aborted) {
      ledger.append(me, term.revision);
      await sleep(200);
    }
  });
}
