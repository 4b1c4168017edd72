/** An acceptor over a store, of a node that is given nothing else to do. */
import { type Acceptor, createAcceptor } from "../../src/node/acceptor.ts";
import type { Timing } from "../../src/node/api.ts";
import { timingDefault } from "../../src/node/given.ts";
import { createSpans } from "../../src/node/spans.ts";
import { createStickyBallots } from "../../src/node/sticky-ballots.ts";
import type { Store } from "../../src/ports.ts";
import { systemRandom } from "../../src/runtime/system-ports.ts";
import { quiet } from "../http/memory-node.ts";

/** Its clock stands still at `now`, and its epoch is 1, as that of a `loneLayout`. */
export function loneAcceptor(
  store: Store,
  { now = 0, ...timing }: Partial<Timing> & { readonly now?: number } = {},
): Acceptor {
  return createAcceptor({
    store,
    clock: { now: () => now, timer: () => () => {} },
    log: quiet,
    spans: createSpans({ log: quiet, random: systemRandom }),
    timing: { ...timingDefault, ...timing },
    sticky: createStickyBallots(),
    compareLater() {},
    tell() {},
    epoch: () => 1,
    wake() {},
  });
}
