/**
 * `npm run bench`: ringwalk beside a bare Hono server and a three-node etcd, in turns in one run, so that the ratios hold
 * on a machine whose speed drifts. `--quick` ends within some minutes. Prints a table and writes JSON.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { besideFigures } from "./beside.ts";
import { joinFigures, startFigures } from "./data.ts";
import { type Load, type LoadResult, runLoad } from "./load.ts";
import { median } from "./median.ts";
import { freePort, type Server, startServer } from "./process.ts";
import { type Ring, startEtcd, startRing } from "./rings.ts";

const { values: flags } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    out: { type: "string", default: "bench.json" },
  },
});
const rounds = flags.quick ? 3 : 7;
const seconds = flags.quick ? 1 : 4;
const connections = 128;
const keyCount = 2_000;
const valueText = "v".repeat(256);
const keys = Array.from({ length: keyCount }, (_, index) => `k${index}`);
const paths = keys.map((key) => `/db/${key}`);

interface Subject {
  readonly name: string;
  readonly load: Omit<Load, "seconds" | "connections">;
  /** The subject that this one is told as a ratio to. */
  readonly against?: string;
  /** The ratio that the design aims at. */
  readonly aim?: number;
}

function requireCommand(command: string, debianPackage: string): void {
  try {
    execFileSync("sh", ["-c", `command -v ${command}`], { stdio: "ignore" });
  } catch {
    console.error(
      `${command} is missing: apt-get install -y --no-install-recommends ${debianPackage}`,
    );
    process.exit(2);
  }
}

async function fill(url: string): Promise<void> {
  const queue = [...keys];
  const worker = async () => {
    for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
      const put = { method: "PUT", body: valueText };
      const answer = await fetch(`${url}/db/${key}`, put);
      if (!answer.ok) throw new Error(await answer.text());
    }
  };
  await Promise.all(Array.from({ length: 32 }, worker));
}

/** Paths of keys that the node does not keep, in a ring of one replica. */
async function foreignPaths(node: Server): Promise<string[]> {
  const listed = await (await fetch(`${node.url}/db`)).text();
  const own = new Set(listed.split("\r\n"));
  return keys.filter((key) => !own.has(key)).map((key) => `/db/${key}`);
}

const base64 = (text: string) => Buffer.from(text).toString("base64");

async function subjectsOf(parts: {
  readonly bare: Server;
  readonly three: Ring;
  readonly single: Ring;
  readonly etcd: readonly Server[];
}): Promise<Subject[]> {
  const { bare, three, single, etcd } = parts;
  const [node] = three.nodes;
  const [lone] = single.nodes;
  const [member] = etcd;
  if (!node || !lone || !member) throw new Error("a server is missing");
  const ranges = keys.map((key) => JSON.stringify({ key: base64(key) }));
  const puts = keys.map((key) =>
    JSON.stringify({ key: base64(key), value: base64(valueText) }),
  );
  const etcdHeaders = { "content-type": "application/json" };
  const etcdPuts: Subject = {
    name: "etcd: put, 3 nodes",
    load: {
      url: member.url,
      method: "POST",
      paths: ["/v3/kv/put"],
      bodies: puts,
      headers: etcdHeaders,
    },
  };
  // etcd's keys have to be there before they are read.
  await runLoad({ ...etcdPuts.load, connections: 32, seconds: 2 });
  return [
    {
      name: "bare Hono: GET from a Map",
      load: { url: bare.url, method: "GET", paths },
    },
    {
      name: "eventual GET at a replica",
      load: {
        url: node.url,
        method: "GET",
        paths: paths.map((path) => `${path}?consistency=eventual`),
      },
      against: "bare Hono: GET from a Map",
      aim: 0.7,
    },
    {
      name: "GET through a node that is no replica (1 replica)",
      load: { url: lone.url, method: "GET", paths: await foreignPaths(lone) },
      against: "bare Hono: GET from a Map",
      aim: 0.6,
    },
    {
      name: "etcd: linearizable range, 3 nodes",
      load: {
        url: member.url,
        method: "POST",
        paths: ["/v3/kv/range"],
        bodies: ranges,
        headers: etcdHeaders,
      },
    },
    {
      name: "linearizable GET (3 replicas)",
      load: { url: node.url, method: "GET", paths },
      against: "etcd: linearizable range, 3 nodes",
      aim: 2.5,
    },
    etcdPuts,
    {
      name: "fsynced PUT (3 replicas)",
      load: { url: node.url, method: "PUT", paths, bodies: [valueText] },
      against: "etcd: put, 3 nodes",
      aim: 1.5,
    },
  ];
}

async function measure(subjects: readonly Subject[]) {
  const results = new Map<string, LoadResult[]>();
  const singles = new Map<string, LoadResult[]>();
  for (let round = -1; round < rounds; round++) {
    for (const { name, load } of subjects) {
      const result = await runLoad({ ...load, connections, seconds });
      // The first round warms up.
      if (round >= 0) results.set(name, [...(results.get(name) ?? []), result]);
    }
    if (round < 0 || round > 2) continue;
    for (const { name, load } of subjects) {
      const result = await runLoad({ ...load, connections: 1, seconds: 1 });
      singles.set(name, [...(singles.get(name) ?? []), result]);
    }
  }
  return subjects.map((subject) => rowOf(subject, results, singles));
}

function rowOf(
  { name, against, aim }: Subject,
  results: ReadonlyMap<string, readonly LoadResult[]>,
  singles: ReadonlyMap<string, readonly LoadResult[]>,
) {
  const own = results.get(name) ?? [];
  const other = against === undefined ? [] : (results.get(against) ?? []);
  const ratios = own.flatMap(({ requestsPerS }, round) => {
    const beside = other[round];
    return beside ? [requestsPerS / beside.requestsPerS] : [];
  });
  const single = singles.get(name) ?? [];
  return {
    name,
    requestsPerS: Math.round(median(own.map((r) => r.requestsPerS))),
    ...(against !== undefined && { against, ratio: median(ratios) }),
    ...(aim !== undefined && { aim }),
    singleP50Ms: median(single.map((r) => r.p50Ms)),
    singleP99Ms: median(single.map((r) => r.p99Ms)),
    errors: own.reduce((sum, r) => sum + r.errors, 0),
  };
}

function print(rows: Awaited<ReturnType<typeof measure>>): void {
  const table = new Table({
    head: [
      "subject",
      "requests/s",
      "ratio",
      "aim",
      "1 conn p50",
      "p99",
      "errors",
    ],
  });
  for (const row of rows)
    table.push([
      row.name,
      row.requestsPerS,
      row.ratio?.toFixed(2) ?? "",
      row.aim ?? "",
      `${row.singleP50Ms.toFixed(2)} ms`,
      `${row.singleP99Ms.toFixed(2)} ms`,
      row.errors,
    ]);
  console.log(table.toString());
}

function commandOutput(command: string, args: readonly string[]): string {
  return execFileSync(command, args, { encoding: "utf8" }).trim();
}

async function main(): Promise<void> {
  requireCommand("wrk", "wrk");
  requireCommand("etcd", "etcd-server");
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const bare = await startServer({
    command: process.execPath,
    args: [
      join(import.meta.dirname, "bare-hono.ts"),
      String(port),
      String(keyCount),
    ],
    url,
  });
  const started: { stop(): Promise<void> }[] = [bare];
  try {
    const three = await startRing({ count: 3, replicas: 3 });
    started.push(three);
    const single = await startRing({ count: 3, replicas: 1 });
    started.push(single);
    const etcd = await startEtcd();
    started.push(...etcd);
    for (const ring of [three, single]) await fill(ring.nodes[0]?.url ?? "");
    const rows = await measure(await subjectsOf({ bare, three, single, etcd }));
    print(rows);
    const beside = await besideFigures({
      three,
      etcd,
      keys,
      value: valueText,
      connections,
      rounds,
      seconds,
    });
    await Promise.all(started.splice(0).map((server) => server.stop()));

    const dataKeys = flags.quick ? 20_000 : 200_000;
    const data = {
      ...(await joinFigures(dataKeys)),
      ...(await startFigures(dataKeys)),
    };
    console.log(data);
    const report = {
      machine: { cpu: cpus()[0]?.model, cores: cpus().length },
      versions: {
        node: process.version,
        etcd: commandOutput("etcd", ["--version"]).split("\n")[0],
      },
      commit: commandOutput("git", ["rev-parse", "HEAD"]),
      date: new Date().toISOString(),
      isQuick: flags.quick,
      connections,
      rows,
      ...beside,
      data,
    };
    writeFileSync(flags.out, `${JSON.stringify(report, undefined, 2)}\n`);
    console.log(`written to ${flags.out}`);
  } finally {
    await Promise.all(started.map((server) => server.stop()));
  }
}

await main();
