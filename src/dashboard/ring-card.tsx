/** The ring as a picture, and the figures of the whole. */
import type { Looked } from "./app.tsx";
import type { FeedState } from "./feed.ts";
import { formatBytes, formatCount, formatMs, formatRate } from "./format.ts";
import type { Share } from "./geometry.ts";
import type { RingData } from "./ring-data.ts";
import { RingDrawing } from "./ring-drawing.tsx";

interface RingCardProps {
  state: FeedState;
  shares: readonly Share[];
  chosen: string | undefined;
  looked: Looked | undefined;
  onPoint: (name: string | undefined) => void;
}

/** Shows the last ring that was told, also while none is; before the first, that it is waited for. */
export function RingCard({ state, ...props }: RingCardProps) {
  const { ring, table } = state;
  return (
    <section class="card ring" aria-labelledby="ring-title">
      <h2 id="ring-title">Ring</h2>
      {ring ? (
        <>
          <RingDrawing ring={ring} table={table} {...props} />
          <Totals ring={ring} />
          {ring.phase === "stable" && !ring.isEven && (
            <p class="note">
              Some partitions are still with their old replicas, because members
              did not answer: the ring moves them when all of them do.
            </p>
          )}
        </>
      ) : (
        <div class="waiting" role="status">
          <span class="ghost-ring" aria-hidden="true" />
          {state.phase === "connecting"
            ? "Asking the node…"
            : "Nothing to show yet."}
        </div>
      )}
    </section>
  );
}

function Totals({ ring }: { ring: RingData }) {
  const all = Object.values(ring.vitals);
  const sum = (of: (vitals: (typeof all)[number]) => number) =>
    all.reduce((total, vitals) => total + of(vitals), 0);
  const rate = sum(({ operationsPerSecond = 0 }) => operationsPerSecond);
  const latencyMs =
    sum(
      ({ operationsPerSecond = 0, latencyMs = 0 }) =>
        operationsPerSecond * latencyMs,
    ) / rate;
  return (
    <dl class="totals">
      <Total
        name="Stored copies"
        value={formatCount(sum(({ records }) => records))}
      />
      <Total name="Data" value={formatBytes(sum(({ bytes }) => bytes))} />
      <Total name="Requests/s" value={formatRate(rate)} />
      <Total name="Latency" value={rate > 0 ? formatMs(latencyMs) : "–"} />
    </dl>
  );
}

function Total({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
