/** Counts the requests of each route, and how long their answers took. */
import { durationBoundsSeconds } from "../node/meter.ts";
import type { Counter, Histogram, Metrics } from "../node/metrics.ts";
import { keyRoute, tokenRoute, unstorageRoute } from "./key-path.ts";

/** Gives an app's routes their meters, once when it is made and not with every request. */
interface RequestMeter {
  /** Of one route; `answered` is to be called with what `begin` gave. */
  readonly of: (path: string, method: string) => RouteMeter;
}

/** Counts the requests of one route and method by status, and times them. */
export interface RouteMeter {
  /** Milliseconds on a clock that does not jump. */
  begin(): number;
  /** The headers of the answer are there; a stream may go on. */
  answered(status: number, begunAt: number): void;
}

/** What stands for keys and ids, so that there are as many routes as the app has. */
const templates: Readonly<Record<string, string>> = {
  [keyRoute]: "/db/{key}",
  [unstorageRoute]: "/unstorage/{key}",
  [tokenRoute]: "/dht/tokens/{id}",
};

/** Adds `ringwalk_http_requests_total` and `ringwalk_http_request_duration_seconds` to the node's metrics. */
export function createRequestMeter(metrics: Metrics): RequestMeter {
  const requests = metrics.counter({
    name: "ringwalk_http_requests_total",
    help: "Requests by route, method and status.",
    labels: ["route", "method", "status"],
  });
  const seconds = metrics.histogram({
    name: "ringwalk_http_request_duration_seconds",
    help: "Time until an answer's headers, by route and method.",
    labels: ["route", "method"],
    bounds: durationBoundsSeconds,
  });
  return {
    of(path, method) {
      const route = templates[path] ?? path;
      const byStatus = new Map<number, Counter>();
      let duration: Histogram | undefined;
      return {
        begin: () => performance.now(),
        answered(status, begunAt) {
          const known = byStatus.get(status);
          const counter = known ?? requests(route, method, String(status));
          if (!known) byStatus.set(status, counter);
          counter.add();
          duration ??= seconds(route, method);
          duration.observe((performance.now() - begunAt) / 1000);
        },
      };
    },
  };
}
