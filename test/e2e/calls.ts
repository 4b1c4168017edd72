/** The HTTP API as a script would call it: one request each, every answer checked. */
import { expect } from "vitest";
import type { ChangeReport, RingStatus } from "../../src/client/status.ts";
import { each } from "./each.ts";
import type { Reachable } from "./nodes.ts";

export interface CallOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

/** Longer than any operation of a node may take; a membership change that moves data has more. */
const timeoutMs = 30_000;
const changeTimeoutMs = 280_000;
const writeTriesMax = 5;

export function call(
  node: Reachable,
  path: string,
  options: CallOptions = {},
): Promise<Response> {
  return fetch(node.url + path, {
    ...options,
    signal: AbortSignal.timeout(
      path.startsWith("/dht/") ? changeTimeoutMs : timeoutMs,
    ),
  });
}

export function keyPath(key: string): string {
  return `/db/${encodeURIComponent(key)}`;
}

/** The status and the body, as `200 text`. */
export async function answerOf(response: Response): Promise<string> {
  return `${response.status} ${await response.text()}`;
}

export async function get(node: Reachable, key: string): Promise<string> {
  return answerOf(await call(node, keyPath(key)));
}

export async function put(
  node: Reachable,
  key: string,
  body: string,
): Promise<void> {
  const answer = await write(node, key, { method: "PUT", body });
  if (answer !== "200 ")
    throw new Error(`PUT ${key} at ${node.name}: ${answer}`);
}

export function del(node: Reachable, key: string): Promise<string> {
  return write(node, key, { method: "DELETE" });
}

/** A machine too busy to answer in time is no fault of the ring: after a 503 nothing was changed, and it is tried again. */
async function write(
  node: Reachable,
  key: string,
  options: CallOptions,
): Promise<string> {
  for (let triesLeft = writeTriesMax - 1; ; triesLeft--) {
    const response = await call(node, keyPath(key), options);
    if (response.status !== 503 || triesLeft === 0) return answerOf(response);
    await response.arrayBuffer();
  }
}

/** The keys that the node is primary for, as `GET /db` lists them. */
export async function keysAt(node: Reachable): Promise<string[]> {
  return linesOf(await call(node, "/db"));
}

/** Names, as `GET /dht/peers` lists them. */
export async function peersAt(node: Reachable): Promise<string[]> {
  return linesOf(await call(node, "/dht/peers"));
}

/** Each line has its CR LF, the last one too. */
async function linesOf(response: Response): Promise<string[]> {
  expect(response.status).toBe(200);
  const lines = (await response.text()).split("\r\n");
  expect(lines.pop()).toBe("");
  return lines;
}

export async function statusOf(node: Reachable): Promise<RingStatus> {
  const response = await call(node, "/dht/status");
  return (await response.json()) as RingStatus;
}

/** Tells the node to join the ring of another one, as the seed systems do. */
export async function joinRing(
  node: Reachable,
  other: Reachable,
): Promise<ChangeReport> {
  const { hostname, port } = new URL(other.url);
  const body = `${other.name}:${hostname}:${port}\r\n`;
  return changed(await call(node, "/dht/join", { method: "POST", body }));
}

export async function leaveRing(node: Reachable): Promise<ChangeReport> {
  return changed(await call(node, "/dht/leave"));
}

/** The report of a change that is complete. */
async function changed(response: Response): Promise<ChangeReport> {
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status} ${text}`);
  return JSON.parse(text) as ChangeReport;
}

/** Requests under way at once to one node, which then needs fewer, larger messages to its peers than if they were spread. */
const concurrency = 128;

/** Puts every value, each through the node that `through` chooses. */
export function putAll(
  values: ReadonlyMap<string, string>,
  through: (key: string) => Reachable,
): Promise<void> {
  return each([...values], concurrency, ([key, value]) =>
    put(through(key), key, value),
  );
}

/** Reads every key through every node, and tells what is wrong: missing, or another value. */
export async function wrongReads(
  nodes: readonly Reachable[],
  values: ReadonlyMap<string, string>,
): Promise<string[]> {
  const wrong: string[] = [];
  for (const node of nodes)
    await each([...values], concurrency, async ([key, value]) => {
      const answer = await get(node, key);
      if (answer !== `200 ${value}`)
        wrong.push(`${key} at ${node.name}: ${answer}`);
    });
  return wrong;
}
