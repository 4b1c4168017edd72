/** Every key of a ring with its value, as one stream: where it breaks off, another node goes on. */
import { attemptTimeoutMsDefault } from "../client/byte-client.ts";
import { callFailure, foreign, protocolHeader } from "../client/call.ts";
import {
  type FailedAttempt,
  RingwalkError,
  UnreachableError,
} from "../client/errors.ts";
import type { NodeList } from "../client/node-list.ts";
import { pause } from "../client/pause.ts";
import { errorOfAnswer } from "../client/problem.ts";
import { ringHeader } from "../client/ring-pin.ts";
import { linesOf } from "./lines.ts";

/** A key as a line of the listing has it: docs/API.md. */
export interface ListedKey {
  readonly key: string;
  /** The revision, in its quotes. */
  readonly etag: string;
  readonly value?: string;
  readonly base64?: string;
  readonly contentType?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Seconds that are left, rounded up. */
  readonly ttl?: number;
}

/** What a listing yields: a key, or a place from which a later listing can go on. */
type Listed =
  | { readonly kind: "key"; readonly listed: ListedKey }
  /** All keys up to here have come: the listing can begin behind it. */
  | { readonly kind: "cursor"; readonly cursor: string };

/** What a listing works on: the nodes to ask in turn, and the one ring whose keys are wanted. */
export interface ListingParts {
  readonly nodes: NodeList;
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
  /** A node of another ring is not asked: its keys would be no part of this one's. */
  readonly ringId: string;
  readonly prefix: string | undefined;
  /** How long no node may bring a further key. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Where to begin: behind `cursor`, but for the keys that are there already. */
export interface ListingPlace {
  cursor: string | undefined;
  /** Keys that came after the cursor; emptied at the next one. */
  readonly seen: Set<string>;
}

/** A value of 25 MiB in base64, and room for its key. */
export const lineBytesMax = 40 * 1024 * 1024;
const retryMs = 500;
/** A listing that lives says something more often, however large its values are. */
const silenceMsMax = 30_000;

/**
 * Keys that exist throughout come once each. `place` is kept up to date. Throws the error of an answer that no other node
 * would give otherwise, what the nodes said when none brought anything for `timeoutMs`, and the signal's reason.
 */
export async function* listRing(
  parts: ListingParts,
  place: ListingPlace,
): AsyncGenerator<Listed> {
  const { nodes, signal } = parts;
  let attempts: FailedAttempt[] = [];
  let deadline = performance.now() + parts.timeoutMs;
  for (;;) {
    for (const node of nodes.order()) {
      try {
        for await (const line of linesFrom(node, parts, place.cursor)) {
          if ("end" in line) return;
          attempts = [];
          deadline = performance.now() + parts.timeoutMs;
          nodes.succeeded(node);
          if ("key" in line) {
            if (place.seen.has(line.key)) continue;
            place.seen.add(line.key);
            yield { kind: "key", listed: line };
          } else {
            place.cursor = line.cursor;
            place.seen.clear();
            yield { kind: "cursor", cursor: line.cursor };
          }
        }
        attempts.push({ node, reason: "the listing broke off" });
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof RingwalkError && !isPassing(error)) throw error;
        attempts.push({ node, reason: reasonOf(error) });
        if (performance.now() >= deadline) throw lastError(error, attempts);
      }
      nodes.failed(node);
    }
    await pause(retryMs, signal);
  }
}

type ListingLine =
  | ListedKey
  | { readonly cursor: string }
  | { readonly end: true };

async function* linesFrom(
  node: string,
  { headers, ringId, prefix, signal }: ListingParts,
  cursor: string | undefined,
): AsyncGenerator<ListingLine> {
  const query = new URLSearchParams({
    scope: "ring",
    values: "1",
    ...(prefix !== undefined && { prefix }),
    ...(cursor !== undefined && { cursor }),
  });
  const silence = new AbortController();
  const hurry = (ms: number) =>
    setTimeout(() => silence.abort(new Error(`no answer in ${ms} ms`)), ms);
  let timer = hurry(attemptTimeoutMsDefault);
  try {
    const response = await fetch(`${node}/db?${query}`, {
      headers: {
        ...headers,
        accept: "application/x-ndjson",
        [ringHeader]: ringId,
      },
      redirect: "manual",
      signal: AbortSignal.any([signal, silence.signal]),
    });
    const { status, body } = response;
    if (!response.headers.has(protocolHeader))
      throw new Error(foreign(status).reason);
    if (status !== 200 || !body) {
      const bytes = new Uint8Array(await response.arrayBuffer());
      throw errorOfAnswer({
        ...{ kind: "answer", node, status, bytes },
        headers: response.headers,
      });
    }
    clearTimeout(timer);
    for await (const { text } of linesOf(chunksOf(body), lineBytesMax))
      yield lineOf(text, node);
  } finally {
    clearTimeout(timer);
    silence.abort();
  }

  /** Who reads slowly is not the node's fault: only its silence counts. */
  async function* chunksOf(body: ReadableStream<Uint8Array>) {
    const reader = body.getReader();
    for (;;) {
      timer = hurry(silenceMsMax);
      const { done, value } = await reader.read();
      clearTimeout(timer);
      if (done) return;
      yield value;
    }
  }
}

function lineOf(text: string, node: string): ListingLine {
  const line: ListingLine & { readonly status?: number } = JSON.parse(text);
  if (line.status === undefined || "key" in line) return line;
  throw errorOfAnswer({
    ...{ kind: "answer", node, status: line.status },
    headers: new Headers(),
    bytes: new TextEncoder().encode(text),
  });
}

/** Another node, or the same one later, may go on. */
function isPassing({ status = 0, code }: RingwalkError): boolean {
  return status === 429 || status >= 500 || code === "wrong_ring";
}

function reasonOf(error: unknown): string {
  return error instanceof RingwalkError
    ? `${error.code}: ${error.message}`
    : callFailure(error).reason;
}

function lastError(error: unknown, attempts: readonly FailedAttempt[]): Error {
  if (error instanceof RingwalkError) return error;
  const last = attempts.at(-1);
  return new UnreachableError({
    code: "unreachable",
    message: `No node could go on with the listing (the last was ${last?.node}: ${last?.reason}). Check that they run.`,
    attempts,
  });
}
