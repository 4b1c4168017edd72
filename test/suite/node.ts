/** The HTTP conformance suite: what a node answers, the same on every runtime; a runtime's test says how to start one. */
import { afterAll, beforeAll, describe } from "vitest";
import { atomicTests } from "./node-atomic.ts";
import { badInputTests } from "./node-bad-input.ts";
import { bulkTests } from "./node-bulk.ts";
import { createCaller } from "./node-caller.ts";
import { conditionTests } from "./node-conditions.ts";
import { eventTests } from "./node-events.ts";
import { keyTests } from "./node-keys.ts";
import { listingTests } from "./node-listings.ts";
import { pageTests } from "./node-page.ts";
import { ringTests } from "./node-ring.ts";
import { sightTests } from "./node-sight.ts";
import { unstorageTests } from "./node-unstorage.ts";
import { valueTests } from "./node-values.ts";

/** An empty ring of one. */
export interface RunningNode {
  readonly url: string;
  readonly fetch: (url: string, init?: RequestInit) => Promise<Response>;
  readonly close: () => Promise<void>;
}

export interface NodeCapabilities {
  readonly missingStatus: 404 | 200;
  readonly valueBytesMax: number;
  /** Whether the node's ring is eventual: every answer of a key says so, and it has no linearizable reads. */
  readonly isEventual?: boolean;
  /** The ring's secret; absent: it has none. */
  readonly secret?: string;
  /** Why bodies of unknown length cannot be sent to this runtime; absent: they can. */
  readonly noStreamedBodies?: string;
  /** Why a reader that went away is noticed with the next thing that is written to it; absent: it is at once. */
  readonly noticesLate?: string;
  /** Why bodies of many MiB cannot be refused on this runtime; absent: they can. */
  readonly noHugeBodies?: string;
}

/** Runs the whole suite against one node, which all its tests share; each uses keys of its own. */
export function nodeSuite(
  name: string,
  capabilities: NodeCapabilities,
  start: () => Promise<RunningNode>,
): void {
  // The machine may be busy: only a hang should end a test.
  describe(`node over HTTP: ${name}`, { timeout: 120_000 }, () => {
    let node: RunningNode | undefined;
    beforeAll(async () => {
      node = await start();
    });
    afterAll(() => node?.close());
    const caller = createCaller(capabilities, () => {
      if (!node) throw new Error("the node has not been started");
      return node;
    });
    valueTests(caller);
    eventTests(caller);
    sightTests(caller);
    pageTests(caller);
    keyTests(caller);
    conditionTests(caller);
    atomicTests(caller);
    listingTests(caller);
    unstorageTests(caller);
    bulkTests(caller);
    ringTests(caller);
    badInputTests(caller);
  });
}
