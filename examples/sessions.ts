/** Sessions of a web app: a cookie, and in the ring what it stands for, until nobody has come for half an hour. */
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { createMiddleware } from "hono/factory";
import { type Client, createClient } from "ringwalk/client";

interface Session {
  readonly user: string;
  readonly visits: number;
}

const ttlSeconds = 30 * 60;
const cookieName = "session";

/** Any number of these may run: each knows every session, and one that is ended is ended for all. */
export function createApp(client: Client) {
  const session = createMiddleware<{
    Variables: { key: string; session: Session };
  }>(async (c, next) => {
    const key = await keyOf(getCookie(c, cookieName) ?? "");
    const found = await client.getEntry<Session>(key);
    if (!found) return c.text("Log in first.", 401);
    // A touch is a write: once in a quarter of an hour is enough.
    if ((found.ttlSeconds ?? 0) < ttlSeconds / 2)
      await client.touch(key, { ttlSeconds });
    c.set("key", key);
    c.set("session", found.value);
    await next();
  });

  return new Hono()
    .post("/login/:user", async (c) => {
      // Where you check a password.
      const id = crypto.randomUUID();
      const fresh: Session = { user: c.req.param("user"), visits: 0 };
      await client.set(await keyOf(id), fresh, { ttlSeconds });
      setCookie(c, cookieName, id, {
        httpOnly: true,
        secure: true,
        sameSite: "Lax",
      });
      return c.text("Welcome.");
    })
    .get("/me", session, async (c) => {
      // Two requests at once both count: the function runs again when another one came between.
      await client.update<Session>(
        c.get("key"),
        (now) => now && { ...now, visits: now.visits + 1 },
      );
      return c.json(c.get("session"));
    })
    .post("/logout", session, async (c) => {
      await client.delete(c.get("key"));
      deleteCookie(c, cookieName);
      return c.text("Bye.");
    });
}

/** Whoever may list keys sees hashes, and no cookie that would let them in. */
async function keyOf(id: string): Promise<string> {
  const bytes = new TextEncoder().encode(id);
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return `session/${Buffer.from(hash).toString("hex")}`;
}

if (import.meta.main) {
  const nodes = (process.env.RINGWALK_NODE ?? "http://127.0.0.1:8000").split(
    ",",
  );
  const client = createClient({ nodes, token: process.env.RINGWALK_TOKEN });
  const port = Number(process.env.PORT ?? 3000);
  serve({ fetch: createApp(client).fetch, hostname: "127.0.0.1", port }, (at) =>
    console.log(`listening on http://127.0.0.1:${at.port}`),
  );
}
