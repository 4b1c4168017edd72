/** What a server's process takes, under the names that every Prometheus knows. */
import process from "node:process";
import type { Metrics } from "../node/metrics.ts";

/** Adds when the process was started and what memory it takes; each is measured when somebody reads the metrics. */
export function addProcessGauges(metrics: Metrics): void {
  const startedAt = Date.now() / 1000 - process.uptime();
  metrics.gauge(
    {
      name: "process_start_time_seconds",
      help: "When the process was started, in seconds since 1970.",
    },
    () => startedAt,
  );
  metrics.gauge(
    {
      name: "process_resident_memory_bytes",
      help: "Memory of the process that is in RAM.",
    },
    () => process.memoryUsage().rss,
  );
  metrics.gauge(
    {
      name: "process_heap_bytes",
      help: "Memory that JavaScript objects take.",
    },
    () => process.memoryUsage().heapUsed,
  );
}
