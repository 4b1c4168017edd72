/** A text that is made while it is read, as the body of an answer. */
import type { RingError } from "../core/errors.ts";

/** Each part is made when it is asked for. One that throws breaks the transfer off, so that a part is never taken for the whole. */
export function textStream(
  parts: AsyncGenerator<string, void>,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      let next = await parts.next();
      while (!next.done && next.value === "") next = await parts.next();
      if (next.done) controller.close();
      else controller.enqueue(encoder.encode(next.value));
    },
    cancel: async () => void (await parts.return(undefined)),
  });
}

/** Ends a listing whose next page cannot be had. */
export class ListingError extends Error {
  constructor({ code, message }: RingError) {
    super(`${code}: ${message}`);
  }
}
