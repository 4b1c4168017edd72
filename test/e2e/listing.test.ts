/** Listings of a ring that members join and leave meanwhile: every key that exists throughout comes once, and what ends early says so. */
import { expect, test } from "vitest";
import { call, joinRing, leaveRing, putAll } from "./calls.ts";
import type { Reachable } from "./nodes.ts";
import { valuesOf } from "./seed-scenarios.ts";
import { nodesForTest } from "./test-nodes.ts";

interface ListedLine {
  readonly key?: string;
  readonly value?: string;
  readonly cursor?: string;
  readonly end?: true;
  readonly code?: string;
}

async function portion(
  node: Reachable,
  query: Readonly<Record<string, string>>,
): Promise<readonly ListedLine[]> {
  const response = await call(
    node,
    `/db?${new URLSearchParams({ scope: "ring", ...query })}`,
    { headers: { accept: "application/x-ndjson" } },
  );
  const lines = (await response.text()).split("\n").filter((l) => l !== "");
  return lines.map((line) => JSON.parse(line));
}

/** Lists as a program does that wants all: after an error it goes on from the last cursor. */
async function listing(
  node: Reachable,
  values: "0" | "1",
): Promise<readonly ListedLine[]> {
  const listed: ListedLine[] = [];
  let cursor: string | undefined;
  for (;;) {
    const lines = await portion(node, {
      values,
      ...(cursor !== undefined && { cursor }),
    });
    let since: ListedLine[] = [];
    for (const line of lines) {
      if (line.key !== undefined) since.push(line);
      else if (line.end || line.code === undefined) {
        listed.push(...since);
        since = [];
        cursor = line.cursor;
      }
    }
    const last = lines.at(-1);
    if (last?.end) return listed;
    // Too busy for a moment, or a layout that changed in the middle; anything else would be a defect.
    expect(["no_quorum", "overloaded"]).toContain(last?.code);
  }
}

test("listings are complete, and hold no key twice, while nodes join and leave", {
  timeout: 240_000,
}, async () => {
  const nodes = await nodesForTest({ partitions: 64 });
  const [a, b, c] = await nodes.startRing(["a", "b", "c"]);
  if (!a || !b || !c) throw new Error("no node");
  const guest = await nodes.start("guest");
  const kept = valuesOf("kept ", 600);
  await putAll(kept, () => a);

  let isOver = false;
  async function listAgainAndAgain(node: Reachable, values: "0" | "1") {
    let count = 0;
    while (!isOver) {
      const lines = await listing(node, values);
      const keys = lines.map(({ key }) => key ?? "");
      expect(keys.length, "keys listed twice").toBe(new Set(keys).size);
      const seen = new Map(lines.map((line) => [line.key, line.value]));
      for (const [key, value] of kept) {
        expect(seen.has(key), `${key} is listed`).toBe(true);
        if (values === "1") expect(seen.get(key)).toBe(value);
      }
      count++;
    }
    return count;
  }
  /** Keys that come and go may be listed or not. */
  async function churnAt(node: Reachable) {
    for (let round = 0; !isOver; round++) {
      const come = encodeURIComponent(`churn ${round % 50}`);
      const go = encodeURIComponent(`churn ${(round + 25) % 50}`);
      // Whether a change is told as done is nothing to a listing: one of an absent key may end unknown while members change.
      await call(node, `/db/${come}`, { method: "PUT", body: "v" });
      await call(node, `/db/${go}`, { method: "DELETE" });
    }
  }
  const work = [
    listAgainAndAgain(a, "0"),
    listAgainAndAgain(b, "1"),
    listAgainAndAgain(c, "0"),
    churnAt(b),
  ];
  // Whoever fails first ends the others.
  for (const one of work) one.catch(() => (isOver = true));
  for (let round = 0; round < 2 && !isOver; round++) {
    await joinRing(guest, a);
    await leaveRing(guest);
  }
  isOver = true;
  const counts = await Promise.all(work);
  for (const count of counts.slice(0, 3)) expect(count).toBeGreaterThan(0);
});
