/** The judge of tables counts for itself: it finds what is missing, doubled, strange or uneven. */
import { expect, test } from "vitest";
import type { Layout } from "../../src/core/layout.ts";
import { tableFaults } from "../../src/sim/table-faults.ts";

const member = (id: string) => ({
  id,
  name: id,
  url: `http://${id}`,
  weight: 1,
  guarantee: "durable" as const,
  versions: [1, 1] as const,
});

/** Each word is a partition, each letter a replica. */
function layoutOf(words: string): Layout {
  const table = words
    .split(" ")
    .map((word) => [...word].map((id) => ({ id, since: 1 })));
  return {
    ringId: "ring",
    epoch: 1,
    phase: "stable",
    settings: {
      consistency: "linearizable",
      partitionCount: 4,
      replicaCount: 2,
      hashSeed: [1, 2],
      valueBytesMax: 1_000,
    },
    members: ["a", "b", "c", "d"].map(member),
    system: [],
    table,
  } as unknown as Layout;
}

test.each([
  ["a good one", "ab bc cd da", []],
  ["a partition too few", "ab cd da", [/3 partitions instead of 4/]],
  ["a replica that is missing", "ab bc cd d", [/partition 3 is kept by d$/]],
  ["a replica twice", "ab bc cd dd", [/partition 3 is kept by d d/]],
  ["a replica that is no member", "ab bc cd dx", [/partition 3 is .* d x/]],
  ["a member with nothing", "ab ba ca cb", [/hold 3, 3, 2, 0 replicas/]],
  ["one primary of all", "ab ac ad bc", [/3, 1, 0, 0 primaries/]],
])("%s", (_, words, faults) => {
  const found = tableFaults(layoutOf(words)).join("; ");
  if (faults.length === 0) expect(found).toBe("");
  for (const fault of faults) expect(found).toMatch(fault);
});
