/** An answer that goes on for long, and of which each part is seen to before it leaves. */

/** Passes the stream on as it is read, each part once `beforeEach` has resolved; what that rejects with breaks the stream off. */
export function guardedStream(
  stream: ReadableStream<Uint8Array>,
  beforeEach: () => Promise<void>,
): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await reader.read();
        if (next.done) return controller.close();
        try {
          await beforeEach();
        } catch (error) {
          await reader.cancel(error);
          throw error;
        }
        controller.enqueue(next.value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    // Whoever reads slowly is told the newest: nothing is read ahead of it.
    { highWaterMark: 0 },
  );
}
