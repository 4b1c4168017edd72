/** What a durable store acknowledged is there after its process was killed in the middle of writes. */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openStore } from "../../src/store/open.ts";
import { testFolder } from "./folder.ts";
import { startChild } from "./run-child.ts";
import { versionOf } from "./versions.ts";

/** After how many acknowledgements each round's kill comes. */
const rounds = [1, 20, 57, 203, 8];

type Version = number | "absent";

/** What each writer's key may hold, by what the child said: the last acknowledged, or the one under way. */
function allowedVersions(
  lines: readonly string[],
  before: ReadonlyMap<string, readonly Version[]>,
): Map<string, readonly Version[]> {
  const allowed = new Map(before);
  for (const line of lines) {
    const [event, writer = "", text] = line.split(" ");
    const version = Number(text) % 5 === 0 ? "absent" : Number(text);
    const known = allowed.get(writer) ?? ["absent"];
    allowed.set(writer, event === "ack" ? [version] : [...known, version]);
  }
  return allowed;
}

function countOf(lines: readonly string[], event: string): number {
  return lines.filter((line) => line.startsWith(event)).length;
}

describe.each(["sqlite", "fs"] as const)(
  "%s, killed",
  { timeout: 60_000 },
  (kind) => {
    test("holds every acknowledged write, the others whole or not at all", async () => {
      const folder = testFolder();
      let allowed = new Map<string, readonly Version[]>();
      for (const ackCount of rounds) {
        const child = startChild({ task: "write", kind, folder });
        let acks = 0;
        await child.until(
          (line) => line.startsWith("ack") && ++acks >= ackCount,
        );
        await child.kill();
        allowed = allowedVersions(child.lines, allowed);
        expect(countOf(child.lines, "start")).toBeGreaterThan(
          countOf(child.lines, "ack"),
        );

        const store = await openStore({ kind, folder });
        for (const [writer, versions] of allowed) {
          const stored = await store.read("r1/p/00af", `writer ${writer}`);
          expect(versions, `writer ${writer}`).toContain(versionOf(stored));
          allowed.set(writer, [versionOf(stored) as Version]);
        }
        const limits = { limit: 100, bytesMax: 2 ** 30 };
        const { records } = await store.scan("r1/p/00af", limits);
        expect(records.map(({ stored }) => stored.kind)).not.toContain(
          "unreadable",
        );
        expect(records.length).toBe(
          [...allowed.values()].filter(([version]) => version !== "absent")
            .length,
        );
        if (kind === "fs")
          expect(readdirSync(join(folder, "drafts"))).toEqual([]);
        await store.close();
      }
    });
  },
);
