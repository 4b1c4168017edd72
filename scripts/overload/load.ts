/** Puts and gets that arrive at a given pace, whether or not the ring keeps up, and what became of them. */
import { type Connection, openConnection } from "./connection.ts";

/** What became of the requests of one phase. */
export interface Outcome {
  readonly seconds: number;
  readonly offeredPerS: number;
  readonly okPerS: number;
  /** Requests by status; 0: there was no answer. */
  readonly statuses: Readonly<Record<number, number>>;
  /** Milliseconds until an answer, by whether it was served. */
  readonly servedMs: Percentiles;
  readonly refusedMs: Percentiles;
  /** Requests that could not even be sent, because every connection waited. */
  readonly unsentCount: number;
}

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** The newest acknowledged, and the newest sent, version of each key. */
export interface Ledger {
  readonly acknowledged: number[];
  readonly sent: number[];
}

export interface LoadOptions {
  readonly ports: readonly number[];
  readonly seconds: number;
  /** Requests a second; absent: each connection sends its next when its last is answered. */
  readonly perS?: number;
  readonly connectionsMax: number;
  readonly ledger: Ledger;
}

const valueBytes = 256;

/** Every key has one writer, its connection, so that the order of its versions is known. */
export function keyOf(index: number): string {
  return `overload/${index}`;
}

/** `version` and filling, as it is stored. */
export function textOf(version: number): string {
  return `${version} `.padEnd(valueBytes, "v");
}

export async function runLoad(options: LoadOptions): Promise<Outcome> {
  const { ports, seconds, perS, connectionsMax, ledger } = options;
  const connections: Connection[] = [];
  const idle: number[] = [];
  const statuses: Record<number, number> = {};
  const servedMs: number[] = [];
  const refusedMs: number[] = [];
  const underWay = new Set<Promise<void>>();
  let offeredCount = 0;
  let unsentCount = 0;

  function open(): number {
    const port = ports[connections.length % ports.length] ?? 0;
    connections.push(openConnection(port));
    return connections.length - 1;
  }

  async function request(index: number): Promise<void> {
    const connection = connections[index];
    if (!connection) return;
    offeredCount++;
    const isPut = offeredCount % 2 === 0;
    const version = (ledger.sent[index] ?? 0) + 1;
    if (isPut) ledger.sent[index] = version;
    const startedAt = performance.now();
    const status = await connection.send(
      isPut ? putOf(index, version) : getOf(index),
    );
    const tookMs = performance.now() - startedAt;
    statuses[status] = (statuses[status] ?? 0) + 1;
    const isServed = status === 200 || status === 404;
    (isServed ? servedMs : refusedMs).push(tookMs);
    if (isPut && status === 200) ledger.acknowledged[index] = version;
    if (connection.isIdle) idle.push(index);
    else connections[index] = openConnection(ports[index % ports.length] ?? 0);
    if (!connection.isIdle) idle.push(index);
  }

  function start(): boolean {
    const index =
      idle.pop() ?? (connections.length < connectionsMax ? open() : undefined);
    if (index === undefined) return false;
    const running = request(index).finally(() => underWay.delete(running));
    underWay.add(running);
    return true;
  }

  // Some at a time: beyond what the system lets wait for an accept, a connection is tried again after seconds.
  while (perS !== undefined && connections.length < connectionsMax) {
    const opening = Array.from({ length: 100 }, open);
    await Promise.all(opening.map((index) => connections[index]?.opened));
    idle.push(...opening);
  }
  const startedAt = performance.now();
  const elapsedMs = () => performance.now() - startedAt;
  let dueCount = 0;
  while (elapsedMs() < seconds * 1000) {
    if (perS === undefined) while (start());
    else
      for (; dueCount < (perS * elapsedMs()) / 1000; dueCount++)
        if (!start()) unsentCount++;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const tookSeconds = elapsedMs() / 1000;
  const okCount = (statuses[200] ?? 0) + (statuses[404] ?? 0);
  await Promise.all(underWay);
  for (const connection of connections) connection.close();
  return {
    seconds: tookSeconds,
    offeredPerS: (offeredCount + unsentCount) / tookSeconds,
    okPerS: okCount / tookSeconds,
    statuses,
    servedMs: percentilesOf(servedMs),
    refusedMs: percentilesOf(refusedMs),
    unsentCount,
  };
}

function putOf(index: number, version: number): Buffer {
  return Buffer.from(
    `PUT /db/${keyOf(index)} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${valueBytes}\r\n\r\n${textOf(version)}`,
    "latin1",
  );
}

function getOf(index: number): Buffer {
  return Buffer.from(
    `GET /db/${keyOf(index)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`,
    "latin1",
  );
}

function percentilesOf(values: number[]): Percentiles {
  const sorted = values.sort((a, b) => a - b);
  const at = (share: number) =>
    Math.round(sorted[Math.floor(sorted.length * share)] ?? 0);
  return { p50: at(0.5), p99: at(0.99), max: Math.round(sorted.at(-1) ?? 0) };
}
