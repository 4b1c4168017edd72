/** The app of app.ts on Node.js. */
import { serve } from "@hono/node-server";
import { createClient } from "ringwalk/client";
import { createApp } from "./app.ts";

const nodes = (process.env.RINGWALK_NODE ?? "http://127.0.0.1:8000").split(",");
const client = createClient({ nodes, token: process.env.RINGWALK_TOKEN });
const app = createApp(() => client);

const port = Number(process.env.PORT ?? 3000);
serve({ fetch: app.fetch, hostname: "127.0.0.1", port }, (at) =>
  console.log(`listening on http://127.0.0.1:${at.port}`),
);
