/** Gets and puts from one process by client libraries, some operations at once: ours beside a fetch each, etcd3 and ioredis. */
import { Etcd3 } from "etcd3";
import { Redis } from "ioredis";
import { createByteClient } from "../../src/client/client.ts";
import { median } from "./median.ts";
import { type Redis as RedisServer, startRedis } from "./redis.ts";

const countsAtOnce = [1, 32, 128];

export interface ClientFigure {
  readonly operation: "get" | "put";
  readonly atOnce: number;
  /** Operations a second by our client. */
  readonly ringwalkPerS: number;
  /** Ours to the other's, medians of the rounds; absent where the other is missing. */
  readonly toFetch: number;
  readonly toEtcd3: number;
  readonly toIoredis?: number;
}

interface Subject {
  get(key: string): Promise<unknown>;
  put(key: string): Promise<unknown>;
}

interface Options {
  /** Urls of a ring of three, and of the members of etcd. */
  readonly nodes: readonly string[];
  readonly etcd: readonly string[];
  readonly keys: readonly string[];
  readonly value: string;
  readonly rounds: number;
  readonly seconds: number;
}

/** In turns in each round, so that the ratios hold where the machine's speed drifts. */
export async function clientFigures(
  options: Options,
): Promise<readonly ClientFigure[]> {
  const server = await startRedis();
  if (!server) console.error("redis-server is missing: left out");
  const etcd = new Etcd3({ hosts: [...options.etcd] });
  const redis = server && redisOf(server);
  const subjects = {
    ringwalk: ringwalkOf(options),
    fetch: fetchOf(options),
    etcd3: etcdOf(etcd, options.value),
    ...(redis && { ioredis: ioredisOf(redis, options.value) }),
  };
  const figures: ClientFigure[] = [];
  try {
    for (const subject of Object.values(subjects))
      await fill(subject, options.keys);
    for (const operation of ["put", "get"] as const)
      for (const atOnce of countsAtOnce)
        figures.push(
          await compare(subjects, { ...options, operation, atOnce }),
        );
  } finally {
    etcd.close();
    redis?.disconnect();
    await server?.stop();
  }
  return figures;
}

function ringwalkOf({ nodes, value }: Options): Subject {
  const client = createByteClient({ nodes });
  const bytes = new TextEncoder().encode(value);
  return {
    get: (key) => client.getBytes(key),
    put: (key) => client.putBytes(key, bytes),
  };
}

/** What a program without a client would write. */
function fetchOf({ nodes, value }: Options): Subject {
  let turn = 0;
  async function call(key: string, init?: RequestInit): Promise<void> {
    const node = nodes[turn++ % nodes.length];
    const response = await fetch(`${node}/db/${key}`, init);
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`${response.status}`);
  }
  return {
    get: (key) => call(key),
    put: (key) => call(key, { method: "PUT", body: value }),
  };
}

function etcdOf(etcd: Etcd3, value: string): Subject {
  return {
    get: (key) => etcd.get(key).buffer(),
    put: (key) => etcd.put(key).value(value).exec(),
  };
}

function redisOf({ port }: RedisServer): Redis {
  return new Redis(port, "127.0.0.1", { enableAutoPipelining: true });
}

function ioredisOf(redis: Redis, value: string): Subject {
  return {
    get: (key) => redis.getBuffer(key),
    put: (key) => redis.set(key, value),
  };
}

interface Comparison extends Options {
  readonly operation: "get" | "put";
  readonly atOnce: number;
}

async function compare(
  subjects: Readonly<Record<string, Subject>>,
  comparison: Comparison,
): Promise<ClientFigure> {
  const { operation, atOnce, rounds } = comparison;
  const rates = new Map<string, number[]>();
  // The first round warms up.
  for (let round = -1; round < rounds; round++)
    for (const [name, subject] of Object.entries(subjects)) {
      const rate = await rateOf(subject, comparison);
      if (round >= 0) rates.set(name, [...(rates.get(name) ?? []), rate]);
    }
  const own = rates.get("ringwalk") ?? [];
  const ratioTo = (name: string) =>
    median(own.map((rate, round) => rate / (rates.get(name)?.[round] ?? 0)));
  return {
    operation,
    atOnce,
    ringwalkPerS: Math.round(median(own)),
    toFetch: ratioTo("fetch"),
    toEtcd3: ratioTo("etcd3"),
    ...(rates.has("ioredis") && { toIoredis: ratioTo("ioredis") }),
  };
}

/** What is read has to be there. */
async function fill(subject: Subject, keys: readonly string[]): Promise<void> {
  const left = [...keys];
  async function worker(): Promise<void> {
    for (let key = left.pop(); key !== undefined; key = left.pop())
      await subject.put(key);
  }
  await Promise.all(Array.from({ length: 32 }, worker));
}

/** Operations a second; each of those at once begins its next one when it has ended. */
async function rateOf(
  subject: Subject,
  { operation, atOnce, keys, seconds }: Comparison,
): Promise<number> {
  const began = performance.now();
  const end = began + seconds * 1000;
  let count = 0;
  async function worker(): Promise<void> {
    while (performance.now() < end)
      await subject[operation](keys[count++ % keys.length] ?? "");
  }
  await Promise.all(Array.from({ length: atOnce }, worker));
  return (count / (performance.now() - began)) * 1000;
}
