/** The ring secret's guard, one guess after another. */
import { expect, test } from "vitest";
import { secretGuard } from "../../src/http/access.ts";
import { empty } from "../../src/http/answer.ts";

const secret = "correct-horse-battery-staple";

async function statusOf(authorization: string): Promise<number> {
  const handler = secretGuard(secret)(() => empty(200));
  const request = new Request("http://a", { headers: { authorization } });
  return (await handler(request)).status;
}

test("the secret passes", async () => {
  expect(await statusOf(`Bearer ${secret}`)).toBe(200);
});

test("no guess passes: a comparison that forgets a byte would let some of these in", async () => {
  for (let guess = 0; guess < 2_000; guess++)
    expect(await statusOf(`Bearer ${guess}`)).toBe(401);
});

test("nothing near the secret passes", async () => {
  const near = [
    secret.slice(1),
    secret.slice(0, -1),
    `${secret}s`,
    secret.toUpperCase(),
    ` ${secret}`,
  ];
  for (const guess of near) expect(await statusOf(`Bearer ${guess}`)).toBe(401);
});

test("a ring without a secret asks for none", async () => {
  const handler = secretGuard(undefined)(() => empty(200));
  expect((await handler(new Request("http://a"))).status).toBe(200);
});
