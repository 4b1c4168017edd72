/** Answers of an object that go on for long: no part of one leaves before the writes that it rests on are durable. */
import { type Deliver, toResponse } from "../http/answer.ts";

/**
 * Delivers for a Durable Object. The platform's output gate holds back the head of an answer, and a body that is there
 * with it; the parts of a stream that is made in JavaScript go past the gate. `flushed` resolves when all is durable that
 * was written before the call.
 */
export function deliverFlushed(flushed: () => Promise<void>): Deliver {
  return (answer, env) => {
    const { body } = answer;
    return body instanceof ReadableStream
      ? toResponse({ ...answer, body: whenFlushed(body, flushed) }, env)
      : toResponse(answer, env);
  };
}

/** Passes the stream on as it is read; what cannot be made durable breaks it off. */
function whenFlushed(
  stream: ReadableStream<Uint8Array>,
  flushed: () => Promise<void>,
): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await reader.read();
        if (next.done) return controller.close();
        try {
          await flushed();
        } catch (error) {
          await reader.cancel(error);
          throw error;
        }
        controller.enqueue(next.value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    // A watch that is read slowly shows the newest: nothing is read ahead.
    { highWaterMark: 0 },
  );
}
