/** The app of app.ts as a Worker: `npx wrangler dev --config examples/hono/wrangler.toml`. */
import { createClient } from "ringwalk/client";
import { createApp } from "./app.ts";

interface Environment {
  /** Urls of nodes, separated by commas. */
  readonly RING_NODES: string;
  /** `wrangler secret put RING_TOKEN`. */
  readonly RING_TOKEN?: string;
}

// A Worker may not wait in one request for what another one has begun: each has a client of its own.
export default createApp(({ RING_NODES, RING_TOKEN }: Environment) =>
  createClient({ nodes: RING_NODES.split(","), token: RING_TOKEN }),
);
