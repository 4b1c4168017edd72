/** Answers of an object that go on for long: no part of one leaves before the writes that it rests on are durable. */
import { type Deliver, toResponse } from "../http/answer.ts";
import { guardedStream } from "../http/guarded-stream.ts";

/**
 * Delivers for a Durable Object. The platform's output gate holds back the head of an answer, and a body that is there
 * with it; the parts of a stream that is made in JavaScript go past the gate. `flushed` resolves when all is durable that
 * was written before the call; what cannot be made durable breaks the stream off.
 */
export function deliverFlushed(flushed: () => Promise<void>): Deliver {
  return (answer, env) => {
    const { body } = answer;
    return body instanceof ReadableStream
      ? toResponse({ ...answer, body: guardedStream(body, flushed) }, env)
      : toResponse(answer, env);
  };
}
