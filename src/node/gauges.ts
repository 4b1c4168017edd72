/** What a node is like at the moment, as gauges: looked up when somebody asks. */
import type { RingNode } from "./api.ts";
import type { Holdings } from "./holdings.ts";
import type { Metrics, Sample } from "./metrics.ts";

/** What gauges show; each is asked at most once in a turn, or is cheap. */
export interface GaugesParts {
  readonly status: RingNode["status"];
  readonly readiness: RingNode["readiness"];
  readonly watcherCount: () => number;
  readonly holdings: () => Holdings;
}

/** Makes them in `metrics`, once for a node (docs/decisions/0030). */
export function addGauges(metrics: Metrics, parts: GaugesParts): void {
  const { readiness, holdings } = parts;
  const status = onceATurn(parts.status);
  const gauge = (
    name: string,
    help: string,
    read: () => number | undefined | Iterable<Sample>,
  ) => metrics.gauge({ name: `ringwalk_${name}`, help }, read);

  gauge(
    "ready",
    "Whether the node should be sent requests (1), as GET /ready says.",
    () => (readiness().ok ? 1 : 0),
  );
  gauge(
    "epoch",
    "The version of the layout that the node has stored.",
    () => status().epoch,
  );
  gauge("joint", "Whether a membership change is under way (1).", () =>
    status().phase === "joint" ? 1 : 0,
  );
  gauge("even", "Whether every partition is where it should be (1).", () =>
    status().isEven ? 1 : 0,
  );
  gauge(
    "member_up",
    "Whether the last call to the member did not fail (1), by its name; the node itself is up.",
    () =>
      status().members.map(({ name, health }) => ({
        labels: { member: name },
        value: health === "self" || health === "ok" ? 1 : 0,
      })),
  );
  gauge(
    "partitions",
    "Partitions that the node keeps, by its part in them.",
    () => {
      const self = status().members.find(({ isSelf }) => isSelf);
      const primary = self?.partitionsAsPrimary ?? 0;
      const others = (self?.partitions ?? 0) - primary;
      return [
        { labels: { role: "primary" }, value: primary },
        { labels: { role: "replica" }, value: others },
      ];
    },
  );
  gauge(
    "copy_partitions_done",
    "Partitions that the membership change has moved; absent where it is not driven.",
    () => status().progress?.partitionsDone,
  );
  gauge(
    "copy_partitions",
    "Partitions that it has to move.",
    () => status().progress?.partitionsTotal,
  );
  gauge(
    "copy_keys",
    "Keys that it has copied.",
    () => status().progress?.keysCopied,
  );
  gauge(
    "records",
    "Records of keys that the node keeps, tombstones included, in the partitions that it has scanned since its start.",
    () => holdings().records,
  );
  gauge("record_bytes", "The bytes of these records.", () => holdings().bytes);
  gauge(
    "scanned_partitions",
    "How many partitions that is.",
    () => holdings().buckets,
  );
  gauge(
    "unreadable_records",
    "Records that failed their checksum and are not rebuilt yet.",
    () => status().unreadableRecords,
  );
  gauge(
    "store_failing",
    "Whether the node's store has failed within a minute (1).",
    () => (status().storeFailure ? 1 : 0),
  );
  gauge("watches", "Watches that the node serves.", parts.watcherCount);
}

/** All gauges are read in one turn, and a look at a table of many partitions takes a while. */
function onceATurn<T>(look: () => T): () => T {
  let seen: { readonly value: T } | undefined;
  return () => {
    if (!seen) {
      seen = { value: look() };
      queueMicrotask(() => {
        seen = undefined;
      });
    }
    return seen.value;
  };
}
