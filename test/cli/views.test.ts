/** What people see of a ring and of a walk. */
import { stripVTControlCharacters } from "node:util";
import { afterEach, expect, test, vi } from "vitest";
import { statusView } from "../../src/cli/status-view.ts";
import { noteWalk } from "../../src/cli/walk-view.ts";
import type { MemberStatus, RingStatus } from "../../src/client/status.ts";

afterEach(() => vi.restoreAllMocks());

function member(name: string, more: Partial<MemberStatus> = {}): MemberStatus {
  return {
    id: name,
    name,
    url: `http://${name}:8000`,
    weight: 1,
    guarantee: "durable",
    versions: [1, 1],
    isSelf: false,
    health: "ok",
    partitions: 16,
    partitionsAsPrimary: 8,
    ...more,
  };
}

const calm: RingStatus = {
  name: "a",
  ringId: "R",
  epoch: 7,
  phase: "stable",
  settings: {
    consistency: "linearizable",
    partitionCount: 16,
    replicaCount: 3,
    valueBytesMax: 1024,
  },
  members: [
    member("a", { isSelf: true, health: "self", zone: "east" }),
    member("b", { weight: 2 }),
  ],
  systemMembers: ["b"],
  activity: "none",
  unreadableRecords: 0,
  isEven: true,
};

const viewOf = (status: Partial<RingStatus>) =>
  stripVTControlCharacters(statusView({ ...calm, ...status }));

test("a calm ring is two lines and a table", () => {
  expect(viewOf({})).toBe(`Ring R, epoch 7, stable: 2 members, seen by a
linearizable, 3 replicas of each of 16 partitions, values up to 1024 bytes
┌────────┬───────────────┬──────┬────────┬────────────┬────────────┬─────────┬────────────┐
│ member │ url           │ zone │ weight │ partitions │ as primary │ store   │ health     │
├────────┼───────────────┼──────┼────────┼────────────┼────────────┼─────────┼────────────┤
│ a      │ http://a:8000 │ east │      1 │         16 │          8 │ durable │ ok (asked) │
│ b *    │ http://b:8000 │      │      2 │         16 │          8 │ durable │ ok         │
└────────┴───────────────┴──────┴────────┴────────────┴────────────┴─────────┴────────────┘
* decides layouts
`);
});

test.each<[Partial<RingStatus>, RegExp]>([
  [
    {
      phase: "joint",
      progress: { partitionsDone: 3, partitionsTotal: 16, keysCopied: 40 },
    },
    /\nA membership change is under way: 3 of 16 partitions \(18 %\), 40 keys copied\.\n/,
  ],
  [
    { importing: { keysImported: 5 } },
    /\na takes over the keys it brought along: 5 so far\.\n/,
  ],
  [{ activity: "leaving" }, /\na is leaving\.\n/],
  [
    { unreadableRecords: 2 },
    /\na has 2 unreadable records: .*check its disk\.\n/,
  ],
  [
    { unreadableFloors: [3, 12] },
    /\na cannot vote in 2 of its partitions \(3, 12\): .*replace it/,
  ],
  [
    {
      storeFailure: {
        code: "store_full",
        message: "This node's disk is full: free some space on it.",
        failureCount: 12,
        lastFailedAt: 0,
      },
    },
    /its store fails.*\nThe store of a fails \(store_full, 12 times, the last at 1970-01-01T00:00:00.000Z\): This node's disk is full: free some space on it\.\n/s,
  ],
  [
    { members: [member("b", { health: "store-failing" })] },
    /1 member, .*its store fails/s,
  ],
  [{ recordsLost: 4 }, /\na lost 4 records of the ring it came from: /],
  [
    { isEven: false },
    /\nThe partitions are not spread evenly: .*when every member answers/,
  ],
  [
    { members: [member("b", { health: "suspected" })] },
    /1 member, .*suspected: the last call to it failed/s,
  ],
  [
    { members: [member("b", { health: "displaced" })] },
    /displaced: another node answers at its url/,
  ],
  [
    { activity: "removed" },
    /\na was removed from this ring and serves nothing: .*ringwalk join/,
  ],
])("what is under way, or wrong, is said: %j", (status, line) => {
  expect(viewOf(status)).toMatch(line);
});

test("a walk shows its steps; one of another version stays as it is", () => {
  let notes = "";
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    notes += text;
    return true;
  });
  noteWalk(
    "partition=7; replicas=2; members=a,b,c; steps=a/read/time-out,b/read/state",
  );
  noteWalk("v2;x");
  expect(notes).toBe(`partition 7: a, b (then c)
  1. read at a: time-out
  2. read at b: state
walk: v2;x
`);
});
