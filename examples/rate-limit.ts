/** A limit on requests, the same for all servers of an app: a sliding window, counted in the ring in one step. */
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { createMiddleware } from "hono/factory";
import {
  type Client,
  createClient,
  type IncrementOptions,
  OutcomeUnknownError,
  RingwalkError,
  UnavailableError,
  UnreachableError,
} from "ringwalk/client";

export interface Limit {
  readonly requestsMax: number;
  readonly windowSeconds: number;
  /** Milliseconds since 1970; the clock unless given. */
  readonly now?: () => number;
}

/** Whether one more request of `who` is within the limit. What is refused is not counted. */
export async function isAllowed(
  client: Client,
  who: string,
  { requestsMax, windowSeconds, now = Date.now }: Limit,
): Promise<boolean> {
  const windows = now() / 1000 / windowSeconds;
  const current = Math.floor(windows);
  const keyOf = (window: number) => `limit/${who}/${windowSeconds}/${window}`;
  // As much of the window before counts as still lies within the last `windowSeconds`. That one changes no more, so one
  // replica is enough to ask.
  const before = await client.get<number>(keyOf(current - 1), {
    consistency: "eventual",
  });
  const stillCounting = (before ?? 0) * (1 - (windows - current));
  const max = Math.floor(requestsMax - stillCounting);
  if (max < 1) return false;
  // The bound is held where the key is, so that two servers never let one request too many through.
  let options: IncrementOptions = { max, ttlSeconds: 2 * windowSeconds };
  for (let tries = 1; ; tries++) {
    try {
      await client.increment(keyOf(current), options);
      return true;
    } catch (error) {
      if (error instanceof RingwalkError && error.code === "out_of_bounds")
        return false;
      if (!(error instanceof OutcomeUnknownError) || tries === 3) throw error;
      // A node died with the answer. Sent again with what the error has for that, it counts once.
      const { idempotencyKey, bound } = error;
      options = { ...options, idempotencyKey, bound };
    }
  }
}

/** 429 beyond the limit. While the ring cannot be reached everybody is let through: a limit must not be an outage. */
export function rateLimit(
  client: Client,
  limit: Limit,
  whoOf: (request: Request) => string,
) {
  return createMiddleware(async (c, next) => {
    const allowed = await isAllowed(client, whoOf(c.req.raw), limit).catch(
      (error: unknown) => {
        const isAway =
          error instanceof UnavailableError ||
          error instanceof UnreachableError ||
          error instanceof OutcomeUnknownError;
        if (!isAway) throw error;
        return true;
      },
    );
    if (allowed) return next();
    c.header("Retry-After", String(limit.windowSeconds));
    return c.text("Too many requests.", 429);
  });
}

if (import.meta.main) {
  const nodes = (process.env.RINGWALK_NODE ?? "http://127.0.0.1:8000").split(
    ",",
  );
  // A limit that makes people wait is worse than none.
  const client = createClient({
    nodes,
    token: process.env.RINGWALK_TOKEN,
    timeoutMs: 1_000,
  });
  const limit = { requestsMax: 10, windowSeconds: 60 };
  const app = new Hono()
    .use(
      rateLimit(client, limit, ({ headers }) => headers.get("x-user") ?? "-"),
    )
    .get("/", (c) => c.text("hello"));
  const port = Number(process.env.PORT ?? 3000);
  serve({ fetch: app.fetch, hostname: "127.0.0.1", port }, (at) =>
    console.log(`listening on http://127.0.0.1:${at.port}`),
  );
}
