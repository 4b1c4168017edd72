/** What a node is held against: a Hono server on Node.js that looks a value up in a Map. Usage: bare-hono.ts PORT COUNT */
import { serve } from "@hono/node-server";
import { Hono } from "hono";

const [port, count] = process.argv.slice(2).map(Number);
const values = new Map<string, Uint8Array<ArrayBuffer>>();
for (let index = 0; index < (count ?? 0); index++)
  values.set(`k${index}`, new Uint8Array(256).fill(index));

const app = new Hono();
app.get("/db/:key", (context) => {
  const value = values.get(context.req.param("key"));
  return value ? context.body(value) : context.notFound();
});
serve({ fetch: app.fetch, port: port ?? 0, hostname: "127.0.0.1" });
