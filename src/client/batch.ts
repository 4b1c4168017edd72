/** Operations that are issued in one turn travel to their node in one request: `POST /db`, a line each. */
import { fromBase64, textOf, toBase64 } from "./base64.ts";
import { boundHeader, repeatedHeader } from "./bound.ts";
import {
  answerOf,
  type Call,
  type CallOutcome,
  type CallRequest,
  callBy,
  type Exchange,
  type NodeAnswer,
} from "./call.ts";
import { ringHeader } from "./ring-pin.ts";
import { endOfTurn } from "./turn.ts";

/** A request that can be a line instead. */
export interface BatchableRequest extends CallRequest {
  /** The line's fields but for its idempotency key and its past; absent: it goes by itself. What is absent in it is not sent. */
  readonly line?: (() => object) | undefined;
}

/** As many as a node has of one request under way at once. */
const linesMax = 256;
/**
 * A batch waits for more while it has fewer than this part of the operations under way: else every piece of an answer
 * would send what follows from it in a request of its own, and requests would become small when there is much to do.
 */
const waitsBelowPart = 1 / 3;
/** But no longer: what is under way may be held up. */
const waitMsMax = 5;
/** A larger value goes by itself: as a line it is written, read and copied once more. */
const valueBytesMax = 16 * 1024;

/** The fields of a value in a line; absent when it is too large for one. */
export function valueLine(
  bytes: Uint8Array,
  fields: object,
): (() => object) | undefined {
  if (bytes.byteLength > valueBytesMax) return undefined;
  return () => {
    const value = textOf(bytes);
    return value === undefined
      ? { ...fields, base64: toBase64(bytes) }
      : { ...fields, value };
  };
}

interface Waiting {
  readonly request: BatchableRequest;
  readonly options: Parameters<Call>[2];
  settle(outcome: CallOutcome): void;
  isSettled: boolean;
  /** Present once it has gone out: called when it is settled, */
  onSettled?: () => void;
  /** and when that was because it was aborted. */
  onLeft?: () => void;
}

interface Batch {
  readonly node: string;
  readonly waiting: Waiting[];
  timer?: ReturnType<typeof setTimeout>;
}

/** As `Call`, but for when and how requests go out. */
export type BatchingCall = (
  node: string,
  request: BatchableRequest,
  options: Parameters<Call>[2],
) => Promise<CallOutcome>;

/** Each request ends on its own. `onSent` is called with each batch that goes out. */
export function createBatchingCall(
  exchange: Exchange,
  onSent: () => void,
): BatchingCall {
  const call = callBy(exchange);
  /** Those that wait, by node and the ring that they are for. */
  const batches = new Map<string, Batch>();
  let underWayCount = 0;
  let isChecking = false;

  function checkLater(): void {
    if (isChecking || batches.size === 0) return;
    isChecking = true;
    endOfTurn(() => {
      isChecking = false;
      for (const [name, batch] of batches) {
        const { length } = batch.waiting;
        if (length >= underWayCount * waitsBelowPart) send(name, batch);
        else batch.timer ??= setTimeout(send, waitMsMax, name, batch);
      }
    });
  }

  function send(name: string, { node, waiting, timer }: Batch): void {
    clearTimeout(timer);
    batches.delete(name);
    onSent();
    const left = waiting.filter(({ isSettled }) => !isSettled);
    underWayCount += left.length;
    for (const one of left)
      one.onSettled = () => {
        underWayCount--;
        checkLater();
      };
    const [first] = left;
    if (!first) return;
    if (left.length > 1) return void sendTogether(exchange, node, left);
    const { request, options } = first;
    void call(node, request, options).then(first.settle);
  }

  return (node, request, options) => {
    if (!request.line) return call(node, request, options);
    const { promise, resolve } = Promise.withResolvers<CallOutcome>();
    const { signal } = options;
    const leave = () => {
      one.settle({ kind: "unknown", reason: "aborted" });
      one.onLeft?.();
    };
    const one: Waiting = {
      request,
      options,
      isSettled: false,
      settle(outcome) {
        if (one.isSettled) return;
        one.isSettled = true;
        signal?.removeEventListener("abort", leave);
        resolve(outcome);
        one.onSettled?.();
      },
    };
    signal?.addEventListener("abort", leave);
    const name = `${node} ${request.headers?.[ringHeader]}`;
    const batch = batches.get(name) ?? { node, waiting: [] };
    batches.set(name, batch);
    if (batch.waiting.push(one) < linesMax) checkLater();
    else send(name, batch);
    return promise;
  };
}

/** A line of the answer: see docs/API.md. */
interface Result {
  readonly line: number;
  readonly status: number;
  readonly etag?: string;
  readonly value?: string | number;
  readonly base64?: string;
  readonly contentType?: string;
  readonly ttl?: number;
  readonly metadata?: object;
  readonly code?: string;
  readonly bound?: string;
  readonly details?: { readonly ringId?: string };
}

/** Settles each as its line comes, and all of them in the end. */
async function sendTogether(
  exchange: Exchange,
  node: string,
  batch: readonly Waiting[],
): Promise<void> {
  const [{ request, options }] = batch as [Waiting, ...Waiting[]];
  const ring = request.headers?.[ringHeader];
  const body = batch
    .map(({ request: { line, headers } }) =>
      JSON.stringify({
        ...line?.(),
        idempotencyKey: headers?.["idempotency-key"],
        bound: headers?.[boundHeader],
        repeated: headers?.[repeatedHeader] && true,
      }),
    )
    .join("\n");
  const together: CallRequest = {
    method: "POST",
    path: "/db",
    headers: { "content-type": "application/x-ndjson", [ringHeader]: ring },
    body,
  };
  const abandoned = new AbortController();
  const onLeft = () => {
    if (batch.every(({ isSettled }) => isSettled)) abandoned.abort();
  };
  for (const one of batch) one.onLeft = onLeft;
  const outcome = await exchange(node, together, {
    timeoutMs: options.timeoutMs,
    signal: abandoned.signal,
    async read(response): Promise<CallOutcome> {
      if (response.status !== 200) return answerOf(node, response);
      const { headers } = response;
      for await (const line of linesOf(response)) {
        const result: Result = JSON.parse(line);
        batch[result.line - 1]?.settle(asAnswer(node, headers, result));
      }
      return { kind: "unknown", reason: "the answer broke off" };
    },
  });
  for (const one of batch) one.settle(outcome);
}

async function* linesOf({ body }: Response): AsyncGenerator<string> {
  if (!body) return;
  const reader = body.getReader();
  const decoder = new TextDecoder();
  for (let rest = ""; ; ) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

const encoder = new TextEncoder();

/** The answer that the same operation would have had by itself. */
function asAnswer(node: string, common: Headers, result: Result): NodeAnswer {
  const { status, value, base64, metadata, details } = result;
  const headers: Readonly<Record<string, string | undefined>> = {
    etag: result.etag,
    "content-type": result.contentType,
    "ringwalk-ttl": result.ttl?.toString(),
    "ringwalk-metadata": metadata && JSON.stringify(metadata),
    [ringHeader]: details?.ringId ?? common.get(ringHeader) ?? undefined,
    [boundHeader]: result.bound ?? common.get(boundHeader) ?? undefined,
  };
  const isJson = result.code !== undefined || typeof value === "number";
  const text = isJson ? JSON.stringify(result) : value?.toString();
  return {
    kind: "answer",
    node,
    status,
    headers: {
      get: (name) => headers[name] ?? null,
      has: (name) => headers[name] !== undefined,
    },
    bytes: base64 === undefined ? encoder.encode(text) : fromBase64(base64),
  };
}
