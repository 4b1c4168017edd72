/** examples/sessions.ts as two servers of one app. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient } from "../../src/client/client.ts";
import { type ExampleRing, startExampleRing } from "./ring.ts";

let ring: ExampleRing;
beforeAll(async () => {
  ring = await startExampleRing();
});
afterAll(() => ring?.close());

test("who logs in at one server is known to the other, while a node dies, until the session ends", async () => {
  const servers = ["sessions.ts", "sessions.ts"].map((name) => ring.run(name));
  const [one = "", other = ""] = await Promise.all(
    servers.map(async (server) =>
      (await server.line("http")).split(" ").at(-1),
    ),
  );
  expect((await fetch(`${other}/me`)).status).toBe(401);
  const welcome = await fetch(`${one}/login/ada`, { method: "POST" });
  const [cookie = "", ...attributes] = (
    welcome.headers.get("set-cookie") ?? ""
  ).split("; ");
  expect(attributes).toEqual(
    expect.arrayContaining(["HttpOnly", "Secure", "SameSite=Lax"]),
  );
  const headers = { cookie };
  const me = async (at: string) => {
    const answer = await fetch(`${at}/me`, { headers });
    return answer.ok ? answer.json() : answer.status;
  };
  expect(await me(other)).toEqual({ user: "ada", visits: 0 });
  await ring.nodes[2]?.kill();
  expect(await me(one)).toEqual({ user: "ada", visits: 1 });
  expect(await me(other)).toEqual({ user: "ada", visits: 2 });

  const client = createClient({ nodes: ring.urls.slice(0, 2) });
  let key = "";
  for await (const one of client.keys({ prefix: "session/" })) key = one;
  expect(key).not.toContain(cookie.split("=")[1]);
  // A session that is used goes on.
  await client.touch(key, { ttlSeconds: 100 });
  await me(one);
  expect((await client.head(key))?.ttlSeconds).toBeGreaterThan(1_700);

  await fetch(`${one}/logout`, { method: "POST", headers });
  expect(await me(other)).toBe(401);
});
