/** An answer that goes on for long, for as long as its reader is let in: a token may be revoked meanwhile. */
import { guardedStream } from "./guarded-stream.ts";

/** Passes the stream on as it is read, and breaks it off at the first part that `isAdmitted` says no to. */
export function whileAdmitted(
  stream: ReadableStream<Uint8Array>,
  isAdmitted: () => boolean | Promise<boolean>,
): ReadableStream<Uint8Array> {
  return guardedStream(stream, async () => {
    if (!(await isAdmitted()))
      throw new Error("the token is not good any more");
  });
}
