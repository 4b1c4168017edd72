/** `/health`, `/ready` and `/metrics`: what those ask who watch over nodes. */
import { type MethodRoutes, needsRead } from "./access.ts";
import type { Answer } from "./answer.ts";
import { metricsText, metricsType } from "./metrics-text.ts";
import type { AppOptions } from "./options.ts";
import { problem } from "./problem.ts";

/** Whether it lives, and whether it should be asked, is for everybody to know; how it fares for those who may read. */
export function sightRoutes({
  node,
}: Pick<AppOptions, "node">): Readonly<Record<string, MethodRoutes>> {
  return {
    "/health": { GET: { needs: "open", handler: () => plain("ok\r\n") } },
    "/ready": {
      GET: {
        needs: "open",
        handler: () => {
          const ready = node.readiness();
          return ready.ok ? plain("ready\r\n") : problem(ready.error);
        },
      },
    },
    "/metrics": {
      GET: {
        needs: needsRead,
        handler: () => ({
          ...plain(metricsText(node.metrics.families())),
          headers: { "content-type": metricsType, "cache-control": "no-store" },
        }),
      },
    },
  };
}

function plain(body: string): Answer {
  const headers = {
    "content-type": "text/plain; charset=utf-8",
    "cache-control": "no-store",
  };
  return { status: 200, headers, body };
}
