/** Layouts as bytes (format 1): there and back, and what no node takes for one. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pack } from "../../src/core/codec.ts";
import type { Layout } from "../../src/core/layout.ts";
import { decodeLayout, encodeLayout } from "../../src/core/layout-codec.ts";
import {
  memberCountMax,
  partitionCountMax,
  valueBytesMax,
} from "../../src/core/limits.ts";
import { check } from "./check.ts";
import { anyLayout, founded, memberOf, ringOf } from "./layouts.ts";

describe("layouts as bytes", () => {
  test("there and back, joint ones too", () => {
    check(
      fc.property(anyLayout, (layout) => {
        expect(decodeLayout(encodeLayout(layout))).toEqual(layout);
      }),
      60,
    );
  });

  test("what was read is written as the same bytes again, from whichever node it comes", () => {
    check(
      fc.property(anyLayout, (layout) => {
        const read = decodeLayout(encodeLayout(layout)) ?? layout;
        const bytes = encodeLayout(read);
        const again = decodeLayout(bytes) ?? layout;
        expect(Buffer.from(encodeLayout(again)).equals(bytes)).toBe(true);
      }),
      60,
    );
  });

  test("the largest ring fits in a message: 1,000 members, 65,536 partitions of 7", () => {
    const members = Array.from({ length: memberCountMax }, (_, index) =>
      memberOf(`${index}`),
    );
    const row = members.slice(0, 7).map(({ id }) => ({ id, since: 1 }));
    const layout: Layout = {
      ...founded({ partitionCount: partitionCountMax, replicaCount: 7 }),
      members,
      system: ["0"],
      table: Array.from({ length: partitionCountMax }, (_, p) => [
        ...row.slice(p % 7),
        ...row.slice(0, p % 7),
      ]),
    };
    const bytes = encodeLayout(layout);
    expect(bytes.length).toBeLessThan(4 * 1024 * 1024);
    // Compared as bytes: half a million objects one by one take seconds.
    const read = decodeLayout(bytes);
    expect(read && Buffer.from(encodeLayout(read)).equals(bytes)).toBe(true);
    expect(read?.table.at(-1)).toEqual(layout.table.at(-1));
  });

  const two = ringOf(["a", "b"], { partitionCount: 2 });
  const packed = {
    version: 1,
    ringId: "r",
    epoch: 1,
    settings: two.settings,
    members: two.members,
    system: ["a"],
    table: [
      [0, 1, 1, 1],
      [1, 1],
    ],
  };
  const withMember = (more: object) => ({
    ...packed,
    members: [{ ...memberOf("a"), ...more }, memberOf("b")],
  });
  const withSettings = (more: object) => ({
    ...packed,
    settings: { ...two.settings, ...more },
  });

  test("the table is by members' indices, each with its `since`", () => {
    expect(decodeLayout(pack(packed))?.table).toEqual([
      [
        { id: "a", since: 1 },
        { id: "b", since: 1 },
      ],
      [{ id: "b", since: 1 }],
    ]);
  });

  test.each([
    ["a row for a partition too few", { ...packed, table: [[0, 1]] }],
    ["an empty row", { ...packed, table: [[0, 1], []] }],
    [
      "a member that is not there",
      {
        ...packed,
        table: [
          [0, 1],
          [2, 1],
        ],
      },
    ],
    ["half a replica", { ...packed, table: [[0, 1], [1]] }],
    [
      "a replica twice",
      {
        ...packed,
        table: [
          [0, 1],
          [1, 1, 1, 2],
        ],
      },
    ],
    ["a system of strangers", { ...packed, system: ["z"] }],
    ["no system", { ...packed, system: [] }],
    ["no members", { ...packed, members: [] }],
    [
      "a next side that does not fit",
      { ...packed, next: { ...packed, table: [], joining: [] } },
    ],
    ["a member's name with a space", withMember({ name: "my node" })],
    ["a member's name with a line end", withMember({ name: "my\nnode" })],
    ["a url of another kind", withMember({ url: "javascript:alert(1)" })],
    ["a weight of nothing", withMember({ weight: 0 })],
    ["a weight without end", withMember({ weight: Number.POSITIVE_INFINITY })],
    ["a guarantee of its own", withMember({ guarantee: "probably" })],
    ["a consistency of its own", withSettings({ consistency: "mostly" })],
    [
      "too many partitions",
      withSettings({ partitionCount: partitionCountMax + 1 }),
    ],
    ["too many replicas", withSettings({ replicaCount: 8 })],
    [
      "a value limit beyond ours",
      withSettings({ valueBytesMax: valueBytesMax + 1 }),
    ],
    [
      "a seed that is no word",
      withSettings({ hashSeed: { low: 2 ** 32, high: 0 } }),
    ],
    ["another version", { ...packed, version: 2 }],
  ])("with %s is none", (_, value) => {
    expect(decodeLayout(pack(value))).toBeUndefined();
  });
});
