/** Pages of a listing over partitions with very many keys: where they end, and what their cursors tell. */
import { expect, test } from "vitest";
import { listingScanMax, pageKeysMax } from "../../src/core/limits.ts";
import type { ListedKey } from "../../src/core/message.ts";
import { tokenKey } from "../../src/core/token.ts";
import { type KeysParts, listKeys } from "../../src/node/keys.ts";
import type { Voters } from "../../src/node/voters.ts";
import { loneLayout } from "./lone-layout.ts";

const partitionCount = 2;

/** A node whose first partition holds these keys, in this order; what is not asked of it is not there. */
function holderOf(keys: readonly string[]): KeysParts {
  const layout = loneLayout({ partitionCount });
  const nameAt = (index: number) => `n-${String(index).padStart(6, "0")}`;
  const all: readonly ListedKey[] = keys.map((key, index) => ({
    name: `${nameAt(index)}-${Buffer.from(key).toString("hex")}`,
    key,
    accepted: { epoch: 1, counter: 1, proposer: "m" },
    isTombstone: false,
    changedAt: 1,
  }));
  const voters: Voters = {
    async ask(_layout, _id, request) {
      if (request.kind !== "list") throw new Error("pages alone");
      const { partition, after = "", limit } = request;
      const rest =
        partition === 0 ? all.filter(({ name }) => name > after) : [];
      const page = rest.slice(0, limit);
      const next = rest.length > limit ? page.at(-1)?.name : undefined;
      return {
        kind: "page",
        keys: page,
        collectedAt: 0,
        ...(next !== undefined && { next }),
      };
    },
  };
  return {
    ring: { layout: () => layout, memberId: () => "m" },
    voters,
    clock: { now: () => 2 },
  } as unknown as KeysParts;
}

async function pagesOf(parts: KeysParts, prefix: string) {
  const keys: string[] = [];
  const cursors: string[] = [];
  for (let cursor: string | undefined = ""; cursor !== undefined; ) {
    const page = await listKeys(parts, {
      scope: "ring",
      limit: 1000,
      prefix,
      ...(cursor && { cursor }),
    });
    if (!page.ok) throw new Error(page.error.message);
    keys.push(...page.value.keys);
    cursor = page.value.cursor;
    if (cursor !== undefined) cursors.push(cursor);
  }
  return { keys, cursors };
}

const hex = (text: string) => Buffer.from(text).toString("hex");
const many = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

test("a cursor tells no name without the prefix that was asked for", async () => {
  const mine = ["mine/first", "mine/last"];
  const parts = holderOf([
    "mine/first",
    ...many("theirs/", listingScanMax + 3 * pageKeysMax),
    "mine/last",
    ...many("others/", listingScanMax + 3 * pageKeysMax),
  ]);
  const { keys, cursors } = await pagesOf(parts, "mine/");
  expect(keys).toEqual(mine);
  expect(cursors.length).toBeGreaterThan(0);
  const told = cursors.join(" ");
  expect(told).not.toContain(hex("theirs/"));
  expect(told).not.toContain(hex("others/"));
});

test("nor the ring's own names", async () => {
  const tokens = many("", listingScanMax).map((id) => tokenKey(id));
  const parts = holderOf([...tokens, ...many("k", 3)]);
  const { keys, cursors } = await pagesOf(parts, "");
  expect(keys).toEqual(many("k", 3));
  expect(cursors.join(" ")).not.toContain(hex("ringwalk"));
});

test("a page ends when enough were looked at and one of its own names is there", async () => {
  const count = 3 * listingScanMax;
  const expected = many("k", count).filter((_, index) => index % 100 === 0);
  const parts = holderOf(
    many("k", count).map((key, index) =>
      index % 100 === 0 ? `mine/${key}` : key,
    ),
  );
  const { keys, cursors } = await pagesOf(parts, "mine/");
  expect(keys).toEqual(expected.map((key) => `mine/${key}`));
  expect(cursors.length).toBeGreaterThanOrEqual(2);
});
