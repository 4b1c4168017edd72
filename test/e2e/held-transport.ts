/** A node's transport with a gate: while it is shut, messages wait in it, and arrive late when it opens, or fail at once. */

import type { PeerBatch } from "../../src/core/message.ts";
import { decodeBatch } from "../../src/core/message-codec.ts";
import type { Transport } from "../../src/ports.ts";
import { createFetchTransport } from "../../src/transport/fetch.ts";

export interface Gate {
  /** Holds back what `isHeld` says, from the next message on. */
  shut(isHeld: (url: string, batch: PeerBatch) => boolean): void;
  /** Refuses what goes to this url, as if nothing listened there. */
  cut(url: string): void;
  /** Lets everything through, what was held back first. */
  open(): void;
  /** How many messages wait. */
  heldCount(): number;
}

/** The caller of a message that is held back gives it up in its time, as if the network had it. */
export function createHeldTransport(): {
  readonly transport: Transport;
  readonly gate: Gate;
} {
  const transport = createFetchTransport();
  let isHeld: (url: string, batch: PeerBatch) => boolean = () => false;
  let cutUrl: string | undefined;
  let opened = Promise.withResolvers<void>();
  let heldCount = 0;
  return {
    transport: {
      hello: transport.hello,
      call(url, body, timeoutMs) {
        if (url === cutUrl)
          return Promise.resolve({ kind: "not-sent", reason: "cut" });
        const batch = decodeBatch(body);
        const isFree = !batch || !isHeld(url, batch);
        if (isFree) return transport.call(url, body, timeoutMs);
        heldCount++;
        const late = opened.promise.then(() =>
          transport.call(url, body, timeoutMs),
        );
        return Promise.race([late, givenUp(timeoutMs)]);
      },
    },
    gate: {
      shut(held) {
        isHeld = held;
      },
      cut(url) {
        cutUrl = url;
      },
      open() {
        cutUrl = undefined;
        isHeld = () => false;
        heldCount = 0;
        opened.resolve();
        opened = Promise.withResolvers();
      },
      heldCount: () => heldCount,
    },
  };
}

function givenUp(
  timeoutMs: number,
): Promise<{ readonly kind: "unknown"; readonly reason: string }> {
  return new Promise((resolve) =>
    setTimeout(
      () => resolve({ kind: "unknown", reason: "held back" }),
      timeoutMs,
    ),
  );
}
