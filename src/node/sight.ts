/** Composes what a node tells of itself and of its ring: its view, its readiness, its gauges, and watches of the ring. */
import type { Vitals } from "../core/message.ts";
import type { Clock, Log } from "../ports.ts";
import type { RingNode } from "./api.ts";
import { addGauges } from "./gauges.ts";
import type { HeldStore } from "./holdings.ts";
import type { OperationTotals } from "./meter.ts";
import type { Metrics } from "./metrics.ts";
import type { Peers } from "./peers.ts";
import { createReadiness } from "./readiness.ts";
import type { RingWatches } from "./ring-view.ts";
import { createRingWatches } from "./ring-watches.ts";
import { createView, type StatusParts } from "./status.ts";
import { ownVitals } from "./vitals.ts";

interface SightParts extends Omit<StatusParts, "suspicion"> {
  readonly peers: Peers;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Log;
  readonly isOpen: () => boolean;
  readonly watcherCount: () => number;
  readonly watchersMax: number | undefined;
  readonly holdings: HeldStore["holdings"];
  readonly totals: () => OperationTotals;
}

interface Sight {
  readonly view: ReturnType<typeof createView>;
  readonly readiness: RingNode["readiness"];
  /** How this node fares. */
  readonly vitals: () => Vitals;
  readonly ringWatches: RingWatches;
}

/** Makes the gauges in `metrics` too; all else is looked up when somebody asks. */
export function createSight(parts: SightParts): Sight {
  const { peers, metrics, holdings, totals, watcherCount } = parts;
  const { suspicion } = peers;
  const view = createView(parts.self.name, { ...parts, suspicion });
  const readiness = createReadiness({ ...parts, suspicion });
  addGauges(metrics, {
    status: view.status,
    readiness,
    watcherCount,
    holdings,
  });
  const problem = () => {
    const ready = readiness();
    return ready.ok ? undefined : ready.error.code;
  };
  const vitals = () => ownVitals({ holdings, totals, problem });
  const ringWatches = createRingWatches({
    ...parts,
    status: view.status,
    vitals,
    countMax: parts.watchersMax,
  });
  return { view, readiness, vitals, ringWatches };
}
