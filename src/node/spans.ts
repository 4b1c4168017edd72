/** The steps of a traced operation at this node, as debug lines: a span each, whose id goes on with the messages. */
import { traceparentParts } from "../core/traceparent.ts";
import type { Log, Random } from "../ports.ts";

/** How what a span is about ended. */
type Ended = { readonly kind: string } | { readonly ok: boolean };

/** Spans in the sense of W3C Trace Context (core/traceparent.ts). */
export interface Spans {
  /**
   * Runs `work`, with a traceparent whose parent is this node's span; logs its end. Without a traceparent `work` has none
   * either, and nothing is logged.
   */
  during<T extends Ended>(
    what: string,
    traceparent: string | undefined,
    work: (child: string | undefined) => Promise<T>,
  ): Promise<T>;
}

/** Logs a span once, at its end; work that throws leaves none. */
export function createSpans({
  log,
  random,
}: {
  readonly log: Log;
  readonly random: Random;
}): Spans {
  async function traced<T extends Ended>(
    what: string,
    traceparent: string,
    work: (child: string) => Promise<T>,
  ): Promise<T> {
    const { traceId, parentId, flags } = traceparentParts(traceparent);
    const spanId = hexadecimal(random.bytes(8));
    const result = await work(`00-${traceId}-${spanId}-${flags}`);
    const outcome = "kind" in result ? result.kind : result.ok ? "ok" : "error";
    log.debug(what, { traceId, spanId, parentId, outcome });
    return result;
  }

  return {
    // Most operations have none: that must not cost them a promise.
    during: (what, traceparent, work) =>
      traceparent === undefined
        ? work(undefined)
        : traced(what, traceparent, work),
  };
}

function hexadecimal(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
}
