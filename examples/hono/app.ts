/** A web app on a ring: notes with an ETag, so that nobody overwrites what they have not seen. node.ts and worker.ts run it. */
import { Hono } from "hono";
import {
  type Client,
  ConditionFailedError,
  RingwalkError,
} from "ringwalk/client";

/** `ringOf` gives the client for a request: on servers always the same, on Workers one for each request. */
export function createApp<Bindings extends object>(
  ringOf: (environment: Bindings) => Client,
) {
  const app = new Hono<{ Bindings: Bindings; Variables: { ring: Client } }>();

  app.use(async (c, next) => {
    c.set("ring", ringOf(c.env));
    await next();
  });

  app.get("/notes", async (c) => {
    const names: string[] = [];
    for await (const key of c.get("ring").keys({ prefix: "notes/" }))
      names.push(key.slice("notes/".length));
    return c.json(names.sort());
  });

  app.get("/notes/:name", async (c) => {
    const note = await c.get("ring").getEntry<string>(keyOf(c.req.param()));
    if (!note) return c.notFound();
    return c.text(note.value, 200, { ETag: `"${note.revision}"` });
  });

  // What the browser saw last comes back as If-Match, and the ring itself compares.
  app.put("/notes/:name", async (c) => {
    const seen = c.req.header("If-Match");
    const condition =
      seen === undefined
        ? { ifNoneMatch: "*" }
        : { ifMatch: seen.replaceAll('"', "") };
    const text = await c.req.text();
    const { revision } = await c
      .get("ring")
      .set(keyOf(c.req.param()), text, condition);
    return c.body(null, 204, { ETag: `"${revision}"` });
  });

  app.post("/notes/:name/likes", async (c) => {
    const key = `likes/${c.req.param("name")}`;
    const { value } = await c.get("ring").increment(key);
    return c.json({ likes: value });
  });

  app.onError((error, c) => {
    if (error instanceof ConditionFailedError)
      return c.text("Somebody else has changed it: look again.", 412);
    if (error instanceof RingwalkError)
      return c.text("The notes cannot be reached now: try again.", 503);
    throw error;
  });

  return app;
}

function keyOf({ name }: { readonly name: string }): string {
  return `notes/${name}`;
}
