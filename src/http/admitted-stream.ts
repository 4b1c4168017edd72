/** An answer that goes on for long, for as long as its reader is let in: a token may be revoked meanwhile. */

/** Passes the stream on as it is read, and breaks it off at the first part that `isAdmitted` says no to. */
export function whileAdmitted(
  stream: ReadableStream<Uint8Array>,
  isAdmitted: () => boolean | Promise<boolean>,
): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await reader.read();
        if (next.done) return controller.close();
        if (await isAdmitted()) return controller.enqueue(next.value);
        await reader.cancel();
        controller.error(new Error("the token is not good any more"));
      },
      cancel: (reason) => reader.cancel(reason),
    },
    // Whoever reads slowly is told the newest: nothing is read ahead of it.
    { highWaterMark: 0 },
  );
}
