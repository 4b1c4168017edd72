/** `ringwalk doctor`: a healthy ring is told to be so, and each thing that can be wrong has its code and its next step. */
import { readdir } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { judgeDisk } from "../../src/cli/doctor/disk.ts";
import type {
  Examination,
  MemberReport,
} from "../../src/cli/doctor/examine.ts";
import { problem, word } from "../../src/cli/doctor/finding.ts";
import { findingsView } from "../../src/cli/doctor/findings-view.ts";
import { judgeMembers } from "../../src/cli/doctor/judge-members.ts";
import { judgeRing } from "../../src/cli/doctor/judge-ring.ts";
import type { MemberStatus, RingStatus } from "../../src/client/status.ts";
import { createFetchTransport } from "../../src/transport/fetch.ts";
import { startMemoryNode, startMemoryRing } from "./in-process.ts";
import { freePort, run, temporaryFolder } from "./processes.ts";

interface Told {
  readonly asked?: string;
  readonly findings: readonly {
    readonly level: string;
    readonly code: string;
    readonly message: string;
    readonly next?: string;
  }[];
}

async function doctor(...args: string[]) {
  const { code, stdout, stderr } = await run(["doctor", "--json", ...args]);
  expect(stderr).toBe("");
  const told: Told = JSON.parse(stdout);
  const codes = told.findings.map((each) => each.code);
  return { code, told, codes };
}

describe("of real rings", () => {
  test("one that is well: exit code 0, and what was looked at", async () => {
    const [one, two] = await startMemoryRing(["one", "two"]);
    const three = await startMemoryNode({ name: "three" });
    await three.node.join({ urls: [one.url] });
    const { code, codes, told } = await doctor("--node", two.url);
    expect(told.asked).toBe("two");
    expect(codes).toEqual([
      ...["reachable", "clocks", "releases"],
      // In memory, as tests are.
      "volatile_stores",
    ]);
    expect(code).toBe(0);
    const { stdout } = await run(["doctor", "--node", two.url]);
    expect(stdout).toMatch(
      /^ok +All 3 members answer, and reach one another\. \(reachable\)\n[\s\S]*\nwarning +All members .*\(volatile_stores\)\n +Next: .*\n\nno problems, 1 warning\n$/,
    );
  });

  test("a member that is down is a problem, and holds nothing else up", async () => {
    const [one, two] = await startMemoryRing(["one", "two"]);
    await two.close();
    const { code, told } = await doctor("--node", one.url);
    expect(code).toBe(1);
    expect(told.findings[0]).toEqual({
      level: "problem",
      code: "member_unreachable",
      message: expect.stringMatching(
        /^two does not answer .* Nor does one reach it/,
      ),
      next: expect.stringContaining("ringwalk remove two"),
    });
  });

  test("a member that reaches others, and is reached by one of them alone", async () => {
    const deaf = new Set<string>();
    const transport = createFetchTransport({
      secret: undefined,
      fetch: (input, init) =>
        deaf.has(new URL(String(input)).origin)
          ? Promise.reject(new TypeError("no route"))
          : fetch(input, init),
    });
    const [one, two] = await startMemoryRing(["one", "two"]);
    const three = await startMemoryNode({ name: "three", transport });
    await three.node.join({ urls: [one.url] });
    deaf.add(two.url);
    const { code, told } = await doctor("--node", one.url);
    expect(code).toBe(1);
    const problems = told.findings.filter(({ level }) => level === "problem");
    expect(problems).toMatchObject([
      {
        code: "members_apart",
        message: expect.stringMatching(
          /^three cannot reach two, which answers/,
        ),
      },
    ]);
  });

  test("a ring with a secret asks for a token, and is examined with one", async () => {
    const secret = "a-secret-of-sixteen-or-more";
    const { url } = await startMemoryNode({ name: "solo", secret });
    const stranger = await doctor("--node", url);
    expect(stranger).toMatchObject({ code: 1, codes: ["unauthorized"] });
    const known = await doctor("--node", url, "--token", secret);
    expect(known).toMatchObject({
      code: 0,
      codes: [
        ...["reachable", "clocks", "releases"],
        ...["few_members", "volatile_stores"],
      ],
    });
  });

  test("nobody there is a finding too", async () => {
    const nowhere = `http://127.0.0.1:${await freePort()}`;
    const { code, told } = await doctor("--node", nowhere);
    expect(code).toBe(1);
    expect(told.findings).toMatchObject([
      { code: "no_node", next: expect.stringContaining("ringwalk serve") },
    ]);
  });

  test("the disk of this machine", async () => {
    const folder = await temporaryFolder();
    const [disk] = await judgeDisk(folder);
    expect(disk?.code).toMatch(/^disk(_slow)?$/);
    expect(disk?.message).toMatch(/a flush takes [\d.]+ ms/);
    expect(await readdir(folder)).toEqual([]);
    expect(await judgeDisk(`${folder}/none`)).toMatchObject([
      { level: "problem", code: "folder_missing" },
    ]);
  });
});

const names = ["a", "b", "c"] as const;

function memberOf(
  name: string,
  more: Partial<MemberStatus> = {},
): MemberStatus {
  return {
    ...{ id: name, name, url: `http://${name}.example:8000`, weight: 1 },
    ...{ guarantee: "durable", versions: [1, 1], isSelf: name === "a" },
    ...{ health: "ok", partitions: 16, partitionsAsPrimary: 6 },
    ...more,
  };
}

const ring: RingStatus = {
  ...{ name: "a", ringId: "R", epoch: 7, phase: "stable", activity: "none" },
  settings: {
    ...{ consistency: "linearizable", partitionCount: 16 },
    ...{ replicaCount: 3, valueBytesMax: 1024 },
  },
  members: names.map((name) => memberOf(name)),
  systemMembers: names,
  ...{ unreadableRecords: 0, isEven: true, software: "1.0.0", now: 0 },
};

function reportOf(
  name: string,
  status: Partial<RingStatus> = {},
  more: Partial<MemberReport> = {},
): MemberReport {
  return {
    ...{ name, url: `http://${name}.example:8000`, unreached: [] },
    status: { ...ring, name, ...status },
    clock: { aheadMs: 0, within: 5 },
    isOpen: false,
    ...more,
  };
}

/** Codes of what is not ok in a ring of three that is well but for this. */
function codesOf({
  of = {},
  members = [],
  hasMoved,
}: {
  readonly of?: Partial<RingStatus>;
  readonly members?: readonly MemberReport[];
  readonly hasMoved?: boolean;
}) {
  const examination: Examination = {
    ring: { ...ring, ...of },
    members: names.map(
      (name) => members.find((each) => each.name === name) ?? reportOf(name),
    ),
    ...(hasMoved !== undefined && { hasMoved }),
  };
  const findings = [...judgeMembers(examination), ...judgeRing(examination)];
  for (const { level, next } of findings)
    expect(level === "ok" || next !== undefined).toBe(true);
  return findings.flatMap(({ level, code }) =>
    level === "ok" ? [] : [`${level} ${code}`],
  );
}

function settings(more: Partial<RingStatus["settings"]>): Partial<RingStatus> {
  return { settings: { ...ring.settings, ...more } };
}

function withMembers(
  ...more: readonly Partial<MemberStatus>[]
): Partial<RingStatus> {
  return {
    members: more.map((each, index) => memberOf(names[index] ?? "d", each)),
  };
}

describe("of what members say", () => {
  test("nothing, when all is well", () => {
    expect(codesOf({})).toEqual([]);
  });

  const joint = {
    phase: "joint",
    progress: { partitionsDone: 1, partitionsTotal: 9, keysCopied: 0 },
  } as const;
  const clock = (aheadMs: number, within = 5) =>
    reportOf("b", {}, { clock: { aheadMs, within } });

  test.each<[string, Parameters<typeof codesOf>[0]]>([
    ["warning clock_skew", { members: [clock(5_000)] }],
    ["warning clock_skew", { members: [clock(-5_000)] }],
    ["problem clock_skew", { members: [clock(90_000)] }],
    [
      "problem clock_skew",
      { members: [clock(5_000)], of: settings({ consistency: "eventual" }) },
    ],
    [
      "warning clock_here",
      {
        members: names.map((name) =>
          reportOf(name, {}, { clock: { aheadMs: 9_000, within: 5 } }),
        ),
      },
    ],
    [
      "warning releases_differ",
      { members: [reportOf("c", { software: "1.1.0" })] },
    ],
    ["warning epochs_differ", { members: [reportOf("c", { epoch: 5 })] }],
    ["problem other_ring", { members: [reportOf("c", { ringId: "S" })] }],
    ["problem removed", { members: [reportOf("c", { activity: "removed" })] }],
    [
      "problem other_node",
      { members: [{ ...reportOf("c"), status: { ...ring, name: "x" } }] },
    ],
    [
      "problem member_refuses",
      {
        members: [
          {
            name: "c",
            url: "http://c",
            failure: "forbidden: no",
            refusal: 403,
          },
        ],
      },
    ],
    [
      "problem member_unreachable_here",
      { members: [{ name: "c", url: "http://c", failure: "refused" }] },
    ],
    [
      "problem members_apart",
      { members: [reportOf("c", {}, { unreached: ["a"] })] },
    ],
    [
      "problem store_full",
      {
        members: [
          reportOf("c", {
            storeFailure: {
              ...{ code: "store_full", message: "It is full." },
              ...{ failureCount: 2, lastFailedAt: 0 },
            },
          }),
        ],
      },
    ],
    [
      "warning records_unreadable",
      { members: [reportOf("c", { unreadableRecords: 2 })] },
    ],
    [
      "problem floors_unreadable",
      { members: [reportOf("c", { unreadableFloors: [2] })] },
    ],
    ["warning records_lost", { members: [reportOf("c", { recordsLost: 2 })] }],
    ["warning disk_low", { members: [reportOf("c", { diskFreeBytes: 5e8 })] }],
    ["problem disk_low", { members: [reportOf("c", { diskFreeBytes: 5e7 })] }],
    ["warning few_members", { of: withMembers({}, {}) }],
    ["warning few_replicas", { of: settings({ replicaCount: 2 }) }],
    ["warning replicas_short", { of: settings({ replicaCount: 5 }) }],
    [
      "warning volatile_stores",
      { of: withMembers({}, {}, { guarantee: "volatile" }) },
    ],
    [
      "warning zones_missing",
      { of: withMembers({ zone: "x" }, { zone: "y" }, {}) },
    ],
    [
      "warning zones_few",
      { of: withMembers({ zone: "x" }, { zone: "y" }, { zone: "y" }) },
    ],
    ["warning weights_uneven", { of: withMembers({}, {}, { weight: 5 }) }],
    ["warning no_secret", { members: [reportOf("c", {}, { isOpen: true })] }],
    ["warning not_even", { of: { isEven: false } }],
    [
      "warning change_stalls",
      { of: { ...joint, isEven: false }, hasMoved: false },
    ],
  ])("%s", (expected, given) => {
    expect(codesOf(given)).toEqual([expected]);
  });

  test("a change that goes on is no warning, nor is an open ring on one machine", () => {
    expect(codesOf({ of: joint, hasMoved: true })).toEqual([]);
    const home = { url: "http://127.0.0.1:8000", isOpen: true };
    expect(codesOf({ members: [reportOf("c", {}, home)] })).toEqual([]);
  });

  test("what the way there took is no skew", () => {
    expect(codesOf({ members: [clock(5_000, 4_000)] })).toEqual([]);
  });
});

test("what a member calls itself is one word of a line to paste, and moves no cursor", () => {
  expect(word("http://[::1]:8000/a-b/health")).toBe(
    "http://[::1]:8000/a-b/health",
  );
  expect(word("a;$(rm)")).toBe("'a;$(rm)'");
  expect(word("it's")).toBe("'it'\\''s'");
  const lines = findingsView([
    problem("some_code", "\u001b[2Jx\r", "ringwalk remove \u009bx"),
  ]);
  expect(lines).toContain("\ufffd[2Jx\ufffd ");
  expect(lines).toContain("ringwalk remove \ufffdx\n");
});
