/** Keys a second by `POST /db` beside a request each, with the same number of connections, in turns. */
import { type Load, runLoad } from "./load.ts";
import { median } from "./median.ts";

/** Few enough that requests end within a round also where the machine is slow: those that do not are not counted. */
const linesPerRequest = 100;
const connectionCounts = [1, 8];

export interface BulkFigure {
  readonly name: string;
  readonly connections: number;
  readonly oneByOnePerS: number;
  readonly bulkPerS: number;
  /** Median of the rounds' ratios. */
  readonly ratio: number;
}

interface Pair {
  readonly name: string;
  readonly single: Pick<Load, "method" | "paths" | "bodies">;
  readonly lines: readonly object[];
}

/** Puts and gets of `keys`, which are there. Throws when a line is not answered with 200. */
export async function bulkFigures(options: {
  readonly url: string;
  readonly keys: readonly string[];
  readonly value: string;
  readonly rounds: number;
  readonly seconds: number;
}): Promise<readonly BulkFigure[]> {
  const { url, keys, value } = options;
  const paths = keys.map((key) => `/db/${key}`);
  const pairs: readonly Pair[] = [
    {
      name: "PUT",
      single: { method: "PUT", paths, bodies: [value] },
      lines: keys.map((key) => ({ op: "put", key, value })),
    },
    {
      name: "GET",
      single: { method: "GET", paths },
      lines: keys.map((key) => ({ op: "get", key })),
    },
  ];
  const figures: BulkFigure[] = [];
  for (const pair of pairs) {
    await check(url, pair.lines);
    for (const connections of connectionCounts)
      figures.push(await compare(pair, { ...options, connections }));
  }
  return figures;
}

const headers = { "content-type": "application/x-ndjson" };

const bodyOf = (lines: readonly object[]) =>
  lines.map((line) => `${JSON.stringify(line)}\n`).join("");

/** wrk sees a request's status alone. */
async function check(url: string, lines: readonly object[]): Promise<void> {
  const body = bodyOf(lines);
  const answer = await fetch(`${url}/db`, { method: "POST", headers, body });
  const text = await answer.text();
  const good = text.split("\n").filter((line) => line.includes('"status":200'));
  if (good.length !== lines.length) throw new Error(text.slice(0, 1000));
}

async function compare(
  { name, single, lines }: Pair,
  options: {
    readonly url: string;
    readonly connections: number;
    readonly rounds: number;
    readonly seconds: number;
  },
): Promise<BulkFigure> {
  const { url, connections, rounds, seconds } = options;
  const common = { url, connections, seconds };
  const bodies: string[] = [];
  for (let at = 0; at < lines.length; at += linesPerRequest)
    bodies.push(bodyOf(lines.slice(at, at + linesPerRequest)));
  const paths = bodies.map(() => "/db");
  const bulk: Load = { ...common, method: "POST", paths, bodies, headers };
  const results: { readonly one: number; readonly many: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    const one = await runLoad({ ...common, ...single });
    const many = await runLoad(bulk);
    results.push({
      one: one.requestsPerS,
      many: many.requestsPerS * linesPerRequest,
    });
  }
  return {
    name,
    connections,
    oneByOnePerS: Math.round(median(results.map(({ one }) => one))),
    bulkPerS: Math.round(median(results.map(({ many }) => many))),
    ratio: median(results.map(({ one, many }) => many / one)),
  };
}
