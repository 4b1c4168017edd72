/** A small network for the tests of it. */
import type { TransportResult } from "../../src/ports.ts";
import { createNetwork, type NetworkEvent } from "../../src/sim/network.ts";
import type { NetworkFaults } from "../../src/sim/network-faults.ts";
import { createProcess, type Life } from "../../src/sim/process.ts";
import { createScheduler } from "../../src/sim/scheduler.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
export const bytes = (value: string) => new TextEncoder().encode(value);
export const url = "http://b";

/** Three processes, of which `a` calls `b`. */
export function setUp(
  faults: Partial<NetworkFaults> = {},
  seed: number | string = 1,
) {
  const scheduler = createScheduler({ seed });
  const events: NetworkEvent[] = [];
  const trace = (event: NetworkEvent) => events.push(event);
  const network = createNetwork({ scheduler, faults, trace });
  const [a, b, c] = ["a", "b", "c"].map((name) =>
    createProcess({ name, scheduler }),
  );
  if (!a || !b || !c) throw new Error("three processes");
  const handled: string[] = [];
  const listen = (life: Life, delayMs = 0) =>
    network.listen(url, {
      life,
      async handle(body) {
        handled.push(text(body));
        if (delayMs > 0)
          await new Promise<void>((resolve) => life.after(delayMs, resolve));
        return bytes(`${text(body)} done`);
      },
      hello: () => bytes("b's greeting"),
    });
  const lives = { a: a.start(), b: b.start(), c: c.start() };
  listen(lives.b);
  const port = network.transport(lives.a);
  const call = (body = "x", timeoutMs = 100) =>
    port.call(url, bytes(body), timeoutMs);
  return {
    scheduler,
    network,
    events,
    handled,
    listen,
    a,
    b,
    c,
    lives,
    port,
    call,
  };
}

/** An answer's text, or how the call ended. */
export function shown(result: TransportResult): string {
  return result.kind === "answer" ? text(result.body) : result.kind;
}
