/** The secrets' guard, one guess after another; test/http/access-table.test.ts has every route with every caller. */
import { expect, test } from "vitest";
import { empty } from "../../src/http/answer.ts";
import {
  type AccessOptions,
  createAccess,
} from "../../src/http/authentication.ts";

const secret = "correct-horse-battery-staple";

function untold(): never {
  throw new Error("no token is looked up here");
}

async function statusOf(
  authorization: string | undefined,
  options: AccessOptions = { secret },
): Promise<number> {
  const access = createAccess({
    ...options,
    tokens: { find: untold, ringId: () => "ring" },
    clock: { now: () => 0 },
  });
  const handler = access.guard("peer")(() => empty(200));
  const headers: Record<string, string> =
    authorization === undefined ? {} : { authorization };
  const request = new Request("http://a", { headers });
  return (await handler(request, { rights: [] })).status;
}

test("the secret passes, and the scheme's case does not matter", async () => {
  expect(await statusOf(`Bearer ${secret}`)).toBe(200);
  expect(await statusOf(`bearer ${secret}`)).toBe(200);
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
  ];
  for (const guess of near) expect(await statusOf(`Bearer ${guess}`)).toBe(401);
  for (const header of [secret, `Basic ${secret}`, `Bearer${secret}`, ""])
    expect(await statusOf(header)).toBe(401);
});

test("a ring without a secret asks for none", async () => {
  expect(await statusOf(undefined, {})).toBe(200);
});

test("an admin token is no ring secret, and makes a node that has none take no peers", async () => {
  const adminToken = "an-admin-token-of-32-characters!";
  for (const options of [{ secret, adminToken }, { adminToken }])
    for (const header of [undefined, `Bearer ${adminToken}`])
      expect(await statusOf(header, options)).toBe(401);
});
