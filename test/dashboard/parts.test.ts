/** What the page makes of what it is told, without a browser: shares and arcs, health, news, bytes. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { visible } from "../../src/dashboard/format.ts";
import { arcPath, arcsOf } from "../../src/dashboard/geometry.ts";
import { healthOf } from "../../src/dashboard/health.ts";
import { newsBetween } from "../../src/dashboard/news.ts";
import { type RingData, vitalsOf } from "../../src/dashboard/ring-data.ts";
import {
  movingPartitions,
  partitionsOf,
  sharesOf,
} from "../../src/dashboard/shares.ts";
import {
  beginningOf,
  hexOf,
  lineEndOf,
  uneditableReason,
} from "../../src/dashboard/stored-value.ts";
import type { RingTable } from "../../src/node/ring-view.ts";

function memberOf(name: string, health = "ok"): RingData["members"][number] {
  return {
    id: `id-${name}`,
    name,
    url: `http://${name}`,
    weight: 1,
    guarantee: "durable",
    versions: [1, 1],
    isSelf: name === "a",
    health: name === "a" ? "self" : health,
    partitionsAsPrimary: 0,
    partitions: 0,
  };
}

function ringOf(
  names: readonly string[],
  more: Partial<RingData> = {},
): RingData {
  return {
    name: "a",
    ringId: "ring",
    epoch: 1,
    phase: "stable",
    settings: {
      consistency: "linearizable",
      partitionCount: 4,
      replicaCount: 2,
      valueBytesMax: 1,
    },
    members: names.map((name) => memberOf(name)),
    systemMembers: [],
    activity: "none",
    unreadableRecords: 0,
    isEven: true,
    vitals: {},
    joining: [],
    leaving: [],
    ...more,
  };
}

const table: RingTable = {
  epoch: 2,
  members: ["a", "b", "c"],
  partitions: [
    [0, 1],
    [1, 0],
    [0, 1],
    [1, 0],
  ],
  next: [
    [0, 1],
    [1, 0],
    [2, 1],
    [2, 0],
  ],
};
const joining = (partitionsDone: number) =>
  ringOf(["a", "b", "c"], {
    phase: "joint",
    joining: ["c"],
    progress: { partitionsDone, partitionsTotal: 2, keysCopied: 7 },
  });

describe("shares", () => {
  test("go from the old side to the new one as a change moves along", () => {
    const partsAt = (done: number) =>
      sharesOf(joining(done), table).map(({ part }) => part);
    expect(partsAt(0)).toEqual([0.5, 0.5, 0]);
    expect(partsAt(1)).toEqual([0.375, 0.375, 0.25]);
    expect(partsAt(2)).toEqual([0.25, 0.25, 0.5]);
  });

  test("of a table: what moves, and what a member keeps", () => {
    expect(movingPartitions(table)).toEqual([2, 3]);
    expect(partitionsOf(table, "a")).toEqual({
      primary: [0, 2],
      other: [1, 3],
    });
  });

  test("as arcs go once around, in order, and none is too short to be seen", () => {
    const someShares = fc.array(
      fc.record({
        name: fc.string(),
        zone: fc.constantFrom("eu", "us"),
        part: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      { minLength: 1, maxLength: 20 },
    );
    fc.assert(
      fc.property(someShares, (shares) => {
        let at = 0;
        for (const { from, to } of arcsOf(shares)) {
          expect(from).toBeGreaterThanOrEqual(at - 1e-9);
          expect(to - from).toBeGreaterThan(0.0001);
          at = to;
        }
        expect(at).toBeLessThanOrEqual(1 + 1e-9);
      }),
    );
  });

  test("a whole circle is drawn, too", () => {
    expect(arcsOf([{ name: "a", part: 1 }])).toEqual([
      { name: "a", from: 0, to: 1 },
    ]);
    expect(arcPath(10, 0, 1).match(/A/g)).toHaveLength(2);
  });
});

test("health is what the node knows, or what the member says", () => {
  const labelOf = (ring: RingData, name = "b") => {
    const member = ring.members.find((each) => each.name === name);
    return member && healthOf(ring, member).label;
  };
  const members = [memberOf("a"), memberOf("b", "suspected")];
  const vitals = {
    b: { records: 0, bytes: 0, partitionsCounted: 0, problem: "no_quorum" },
  };
  expect(labelOf(ringOf(["a", "b"]))).toBe("up");
  expect(labelOf(ringOf([], { members }))).toBe("down");
  expect(labelOf(ringOf(["a", "b"], { vitals }))).toBe("cut off");
  expect(labelOf(joining(1), "c")).toBe("joining");
});

describe("news", () => {
  test("nothing at first, nor when all is as it was", () => {
    expect(newsBetween(undefined, ringOf(["a"]))).toEqual([]);
    expect(newsBetween(ringOf(["a"]), ringOf(["a"]))).toEqual([]);
  });

  test("a join, a leave, and a join that was undone", () => {
    const two = ringOf(["a", "b"]);
    const three = ringOf(["a", "b", "c"]);
    expect(newsBetween(two, joining(0))).toEqual(["c is joining"]);
    expect(newsBetween(joining(2), three)).toEqual(["c has joined"]);
    expect(newsBetween(joining(0), two)).toEqual([
      "c has not joined: the change was undone",
    ]);
    const leaving = ringOf(["a", "b", "c"], { leaving: ["c"], phase: "joint" });
    expect(newsBetween(three, leaving)).toEqual(["c is leaving"]);
    expect(newsBetween(leaving, two)).toEqual(["c has left"]);
  });

  test("who goes down, who comes back, and a ring that is another one", () => {
    const up = ringOf(["a", "b"]);
    const down = ringOf([], {
      members: [memberOf("a"), memberOf("b", "suspected")],
    });
    expect(newsBetween(up, down)).toEqual(["b is down"]);
    expect(newsBetween(down, up)).toEqual(["b is up"]);
    expect(newsBetween(joining(2), down)).toContain("b is down");
    expect(newsBetween(up, ringOf(["a"], { ringId: "other" }))).toEqual([
      "a is in another ring now, of 1 member",
    ]);
  });
});

test("bytes are shown in lines of sixteen", () => {
  expect(hexOf(Uint8Array.of(0, 0x3c, 0xff))).toBe(
    `000000  00 3c ff${" ".repeat(39)}  ·<·`,
  );
  expect(hexOf(new Uint8Array(5000)).split("\n")).toHaveLength(129);
});

describe("a text in a form", () => {
  test("keeps its line ends, and is not edited where a form could not keep them", () => {
    expect(lineEndOf("a")).toBe("\n");
    expect(lineEndOf("a\nb\n")).toBe("\n");
    expect(lineEndOf("a\r\nb\r\n")).toBe("\r\n");
    for (const mixed of ["a\r\nb\n", "a\rb", "a\r\n\rb"])
      expect(uneditableReason({ text: mixed })).toMatch(/lines end/);
    expect(uneditableReason({ text: "a\r\nb" })).toBeUndefined();
    expect(uneditableReason({})).toMatch(/no text/);
    expect(uneditableReason({ text: "x".repeat(262_145) })).toMatch(/too long/);
  });
});

test("a member whose name every object knows has no figures until it tells some", () => {
  const ring = ringOf(["a", "constructor"]);
  expect(vitalsOf(ring, "constructor")).toBeUndefined();
});

test("of a value too long to be edited the beginning is shown, as text if it is any", () => {
  const value = { revision: "", contentType: "", byteCount: 0, modifiedAt: 0 };
  const long = { ...value, hex: "78", text: "x".repeat(300_000) };
  expect(beginningOf(long)).toMatch(/^x{2048}…$/);
  expect(beginningOf({ ...value, hex: "ff" })).toBe("ff");
});

test("keys that differ in a character that nobody sees look different", () => {
  expect(visible("a\nb\u0000ü c")).toBe('"a\\nb\\u0000ü c"');
  expect(visible("a b\\n")).toBe("a b\\n");
});
