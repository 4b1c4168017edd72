/** Request bodies, read with a limit: never more than it is held in memory. */
import { fail, ok, type Result } from "../core/errors.ts";
import { discardedBytesMax, requestBytesMax } from "../core/limits.ts";
import { createByteGatherer } from "./byte-gatherer.ts";

/** Why a body with this `Content-Encoding` is not read; absent when it has none. */
export function encodingError(headers: Headers) {
  const encoding = headers.get("content-encoding") ?? "identity";
  return /^\s*(?:identity)?\s*$/i.test(encoding) ? undefined : encoded;
}

const encoded = fail(
  "unsupported_encoding",
  "Bodies are read as they are sent, without a Content-Encoding: send the value unencoded, or name its form in the Content-Type (application/gzip).",
);

/** A longer body is gathered as it comes: reading it at once, a runtime keeps each of its chunks, however small. */
const atOnceBytesMax = 64 * 1024;

/** The whole body; `value_too_large` beyond `bytesMax`, told by Content-Length before anything is read. */
export async function readBody(
  request: Request,
  bytesMax: number,
): Promise<Result<Uint8Array>> {
  const announced = request.headers.get("content-length");
  if (announced === null) return readChunks(request.body, bytesMax);
  const bytesExpected = Number(announced);
  if (!(bytesExpected <= bytesMax)) return tooLarge(bytesMax);
  if (bytesExpected > atOnceBytesMax)
    return readChunks(request.body, bytesMax, bytesExpected);
  const bytes = await settled(request.arrayBuffer());
  if (!bytes) return cutOff;
  return bytes.byteLength <= bytesMax
    ? ok(new Uint8Array(bytes))
    : tooLarge(bytesMax);
}

/** The body as UTF-8 text. */
export async function readText(request: Request): Promise<Result<string>> {
  const bytes = await readBody(request, requestBytesMax);
  if (!bytes.ok) return bytes;
  try {
    return ok(new TextDecoder("utf-8", { fatal: true }).decode(bytes.value));
  } catch {
    return fail("invalid_encoding", "The body is not UTF-8.");
  }
}

async function readChunks(
  body: ReadableStream<Uint8Array> | null,
  bytesMax: number,
  bytesExpected = 0,
): Promise<Result<Uint8Array>> {
  if (!body) return ok(new Uint8Array());
  const reader = body.getReader();
  const gathered = createByteGatherer(bytesExpected);
  let byteCount = 0;
  for (;;) {
    const next = await settled(reader.read());
    if (!next) return cutOff;
    if (next.done) break;
    byteCount += next.value.byteLength;
    if (byteCount <= bytesMax) gathered.add(next.value);
    else if (byteCount > bytesMax + discardedBytesMax) {
      await settled(reader.cancel());
      break;
    }
  }
  return byteCount <= bytesMax ? ok(gathered.take()) : tooLarge(bytesMax);
}

/** Absent when the promise rejects: the caller went away in the middle. */
function settled<T>(promise: Promise<T>): Promise<T | undefined> {
  return promise.then(
    (value) => value,
    () => undefined,
  );
}

const cutOff = fail("invalid_body", "The body ended before it was complete.");

function tooLarge(bytesMax: number) {
  return fail(
    "value_too_large",
    `The body has more than the ${bytesMax} bytes that are allowed here.`,
    { bytesMax },
  );
}
