/** `fetch` for a node that asks others before it is a node: what answers may be anything, and without end. */
import { messageBytesMax } from "../core/limits.ts";

/** Rejects, or breaks the body off, where an answer has more bytes than any of ringwalk's. */
export const boundedFetch: typeof fetch = async (input, init) => {
  const { status, headers, body } = await fetch(input, init);
  return new Response(body && bounded(body), { status, headers });
};

function bounded(body: ReadableStream<Uint8Array<ArrayBuffer>>) {
  let byteCount = 0;
  const count = new TransformStream<
    Uint8Array<ArrayBuffer>,
    Uint8Array<ArrayBuffer>
  >({
    transform(chunk, controller) {
      byteCount += chunk.byteLength;
      if (byteCount <= messageBytesMax) controller.enqueue(chunk);
      else controller.error(new Error("an answer without end"));
    },
  });
  return body.pipeThrough(count);
}
