/** `POST /db` with NDJSON: an operation a line, and a line of answer for each. */
import { fail, ok, type Result } from "../core/errors.ts";
import { prefixError } from "../core/key.ts";
import { bulkBodyBytesMax, bulkLineExtraBytes } from "../core/limits.ts";
import type { Right } from "../core/token.ts";
import { type Grant, type Handler, refusalOf } from "./access.ts";
import type { Answer } from "./answer.ts";
import { encodingError, readBody } from "./body.ts";
import { type BulkOperation, readBulkLine } from "./bulk-operation.ts";
import { failure, type Outcome, runBulkOperation } from "./bulk-run.ts";
import { consistencyHeaders } from "./consistency-header.ts";
import { type LineTask, lineStream } from "./line-stream.ts";
import type { BulkLimits, BulkRoom } from "./load.ts";
import {
  type BodyReader,
  bodyReaderOf,
  type NdjsonLine,
  ndjsonLines,
  readerOf,
} from "./ndjson-body.ts";
import type { AppOptions, KeyOptions } from "./options.ts";
import { internal, overloaded, problem } from "./problem.ts";
import { queryReader } from "./query.ts";
import { ringHeader } from "./ring-header.ts";

/** As Content-Type it makes a `POST /db` one of many operations; in Accept it asks for a listing as a stream. */
export const ndjsonType = "application/x-ndjson";

const query = queryReader({});

/** Whether a request to `/db` brings operations rather than a value. */
export function isBulk({ headers, url }: Request): boolean {
  const contentType = headers.get("content-type") ?? "";
  return (
    /^application\/x-ndjson\s*(?:;|$)/i.test(contentType) &&
    !/[?&]key=/.test(url)
  );
}

/** Headers of every answer in NDJSON. */
export function ndjsonHeaders(
  node: AppOptions["node"],
): Readonly<Record<string, string>> {
  return {
    "content-type": ndjsonType,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...consistencyHeaders(node),
  };
}

/** Answers while it reads: each operation's line comes when the operation has ended. */
export function bulkHandler(
  options: KeyOptions,
  { limits, room }: BulkRoom,
): Handler {
  const { node, isHalfDuplex = false } = options;
  return async (request, grant): Promise<Answer> => {
    const known = query(request.url);
    if (!known.ok) return problem(known.error);
    const encoded = encodingError(request.headers);
    if (encoded) return problem(encoded.error);
    const ringId = request.headers.get(ringHeader) ?? node.identity().ringId;
    const { valueBytesMax } = node.settings();
    const lineBytesMax =
      Math.ceil((valueBytesMax * 4) / 3) + bulkLineExtraBytes;
    const toTask = taskMaker({
      options,
      grant,
      ringId,
      lineBytesMax,
      limits,
    });
    const reader = isHalfDuplex
      ? await wholeBody(request)
      : ok(bodyReaderOf(request));
    if (!reader.ok) return problem(reader.error);
    const headers = { ...ndjsonHeaders(node), ...options.bounds.headers() };
    if (!reader.value) return { status: 200, headers, body: "" };
    const portions = ndjsonLines(reader.value, lineBytesMax);
    const tasks = tasksOf(portions, toTask, grant);
    const { stream, ended } = lineStream({
      tasks,
      limits: limits.request,
      room,
    });
    return { status: 200, headers, body: stream, ended };
  };
}

async function wholeBody(
  request: Request,
): Promise<Result<BodyReader | undefined>> {
  const bytes = await readBody(request, bulkBodyBytesMax);
  return bytes.ok ? ok(readerOf(async () => bytes.value)) : bytes;
}

async function* tasksOf(
  portions: AsyncIterable<Iterable<NdjsonLine>>,
  toTask: (line: NdjsonLine) => LineTask,
  { isAdmitted }: Grant,
): AsyncGenerator<Iterable<LineTask>> {
  for await (const lines of portions) {
    // The answers are looked at as they are read; who reads none is asked here.
    if (isAdmitted && !(await isAdmitted()))
      throw new Error("the token is not good any more");
    yield mapped(lines, toTask);
  }
}

function* mapped<T, R>(items: Iterable<T>, change: (item: T) => R) {
  for (const item of items) yield change(item);
}

function taskMaker(parts: {
  readonly options: KeyOptions;
  readonly grant: Grant;
  readonly ringId: string;
  readonly lineBytesMax: number;
  readonly limits: BulkLimits;
}): (line: NdjsonLine) => LineTask {
  const { options, grant, ringId, lineBytesMax, limits } = parts;
  const { operationsMax, bytesMax } = limits.request;
  /** What a get may bring: as much as the largest so far. */
  let foundBytes = Math.floor(bytesMax / operationsMax);

  function taskOf(line: NdjsonLine, operation: BulkOperation): LineTask {
    const isGet = operation.op === "get";
    const valueBytes = "bytes" in operation ? operation.bytes.byteLength : 0;
    return {
      key: operation.key,
      byteCount: isGet ? foundBytes : line.byteCount + valueBytes,
      mayRepeat: isGet,
      refuse: () => textOf(line, failure(overloaded)),
      async run() {
        try {
          const text = textOf(
            line,
            await runBulkOperation(options, ringId, operation),
          );
          foundBytes = Math.max(foundBytes, withMargin(text.length));
          return text;
        } catch (error) {
          options.log.error("a line of a bulk request met a defect", { error });
          return textOf(line, failure(internal));
        }
      },
    };
  }

  return (line) => {
    if (line.isTooLong) return lastTask(line, tooLong(lineBytesMax));
    const read = line.text === undefined ? notUtf8 : readBulkLine(line.text);
    if (!read.ok) return errorTask(line, failure(read.error));
    const { op, key } = read.value;
    const refusal =
      prefixError(key)?.error ?? refusalOf(grant, rightsOf[op], key);
    return refusal
      ? errorTask(line, failure(refusal))
      : taskOf(line, read.value);
  };
}

/** An increment tells the number. */
const rightsOf: Readonly<Record<BulkOperation["op"], readonly Right[]>> = {
  get: ["read"],
  put: ["write"],
  delete: ["write"],
  touch: ["write"],
  increment: ["read", "write"],
};

const notUtf8 = fail("invalid_encoding", "The line is not UTF-8.");

function tooLong(lineBytesMax: number): Outcome {
  const { error } = fail(
    "value_too_large",
    `The line has more than the ${lineBytesMax} bytes that are allowed here; neither it nor what follows it was read.`,
    { bytesMax: lineBytesMax },
  );
  return failure(error);
}

/** Lines with values of one length differ in their numbers and ETags. */
export function withMargin(lineBytes: number): number {
  return Math.ceil(lineBytes * 1.1);
}

/** A key that nobody waits for: no line has it. */
const noKey = "";

/** A line that asks for nothing. */
function errorTask(line: NdjsonLine, outcome: Outcome): LineTask {
  const text = textOf(line, outcome);
  return {
    key: noKey,
    byteCount: text.length,
    mayRepeat: false,
    run: async () => text,
    refuse: () => text,
  };
}

/** The same, when everything before it has ended. */
function lastTask(line: NdjsonLine, outcome: Outcome): LineTask {
  const { key, ...task } = errorTask(line, outcome);
  return task;
}

function textOf(line: NdjsonLine, outcome: Outcome): string {
  return `${JSON.stringify({ line: line.number, ...outcome })}\n`;
}
