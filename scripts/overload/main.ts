/**
 * `npm run overload`: a ring of three under ten times what it can serve, for half a minute. Prints what the nodes took in
 * memory, what was served and what was turned away, and how fast; ends with 1 when an acknowledged write is not there.
 */
import { parseArgs } from "node:util";
import { startRing } from "../bench/rings.ts";
import { keyOf, type Ledger, type Outcome, runLoad } from "./load.ts";

const { values: flags } = parseArgs({
  options: {
    seconds: { type: "string", default: "30" },
    times: { type: "string", default: "10" },
  },
});
const seconds = Number(flags.seconds);
const times = Number(flags.times);
/** Below what the system lets one process open, and as many as find no place in three nodes. */
const connectionsMax = 5_000;

const ring = await startRing({ count: 3, replicas: 3 });
try {
  const ports = ring.nodes.map(({ url }) => Number(new URL(url).port));
  const ledger: Ledger = { acknowledged: [], sent: [] };
  const memoryMiB = () =>
    ring.nodes.map((node) => Math.round(node.residentBytes() / 2 ** 20));
  const phase = async (name: string, perS?: number, length = seconds / 3) => {
    const outcome = await runLoad({
      ...{ ports, ledger, seconds: length },
      connectionsMax: perS === undefined ? 128 : connectionsMax,
      ...(perS !== undefined && { perS }),
    });
    print(name, outcome, memoryMiB());
    return outcome;
  };

  await phase("warm-up, 128 connections");
  const { okPerS } = await phase("capacity, 128 connections");
  const highest = watchHighest(memoryMiB);
  await phase(`${times} times as much`, okPerS * times, seconds);
  console.log(`highest memory of the nodes: ${highest.end().join(", ")} MiB`);
  const after = await phase("right after, half of capacity", okPerS / 2);
  const wrong = await wrongKeys(ports, ledger);
  console.log(
    `${ledger.acknowledged.filter(Boolean).length} keys read through every node: ${wrong.length} wrong`,
  );
  for (const line of wrong.slice(0, 10)) console.log(line);
  const isRecovered = Object.keys(after.statuses).every((status) =>
    ["200", "404"].includes(status),
  );
  if (wrong.length > 0 || !isRecovered) process.exitCode = 1;
} finally {
  await ring.stop();
}

function print(name: string, outcome: Outcome, memory: readonly number[]) {
  const { offeredPerS, okPerS, statuses, servedMs, refusedMs } = outcome;
  console.log(
    `${name}: offered ${Math.round(offeredPerS)}/s, served ${Math.round(okPerS)}/s, ${outcome.unsentCount} not sent; statuses ${JSON.stringify(statuses)}; served in ${JSON.stringify(servedMs)} ms, refused in ${JSON.stringify(refusedMs)} ms; memory ${memory.join(", ")} MiB`,
  );
}

/** The highest of each number, looked at ten times a second. */
function watchHighest(look: () => readonly number[]) {
  let highest = look();
  const timer = setInterval(() => {
    highest = look().map((value, index) =>
      Math.max(value, highest[index] ?? 0),
    );
  }, 100);
  return {
    end() {
      clearInterval(timer);
      return highest;
    },
  };
}

/** Keys whose value is older than the newest acknowledged version, or newer than any that was sent. */
async function wrongKeys(
  ports: readonly number[],
  { acknowledged, sent }: Ledger,
): Promise<string[]> {
  const wrong: string[] = [];
  const indexes = acknowledged.keys();
  const worker = async () => {
    for (const index of indexes) {
      if (!acknowledged[index]) continue;
      for (const port of ports) {
        const url = `http://127.0.0.1:${port}/db/${keyOf(index)}`;
        const answer = await fetch(url);
        const version = Number.parseInt(await answer.text(), 10);
        const isRight =
          version >= acknowledged[index] && version <= (sent[index] ?? 0);
        if (!isRight)
          wrong.push(
            `${url}: ${answer.status}, version ${version}; acknowledged ${acknowledged[index]}`,
          );
      }
    }
  };
  await Promise.all(Array.from({ length: 32 }, worker));
  return wrong;
}
