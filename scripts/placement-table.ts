/** Prints how evenly placement spreads partitions, how much it moves and how long it takes: `npm run placement`. */
import {
  movedReplicas,
  type Placement,
  type PlacementInput,
  type PlacementMember,
  place,
} from "../src/core/placement.ts";
import { scatter } from "../src/core/placement-scatter.ts";
import {
  changedPrimaries,
  fewestNew,
  primaryBounds,
  primaryCounts,
  replicaBounds,
  replicaCounts,
} from "../test/core/placement-twin.ts";

interface Row {
  readonly change: string;
  readonly input: PlacementInput;
  readonly table: Placement;
  readonly tookMs: number;
}

const randomSeed = 20_261_121;

printRows("A ring grows from 1 to 100 members", growth());
printRows("200 random joins and leaves from 20 members on", churn());
printRows("1,000 members, 4,096 partitions", thousand({ zoneCount: 0 }));
printRows(
  "1,000 members in three zones, 4,096 partitions",
  thousand({ zoneCount: 3 }),
);

function membersOf(count: number): readonly PlacementMember[] {
  return Array.from({ length: count }, (_, index) => memberOf(index));
}

function memberOf(index: number): PlacementMember {
  return { id: `m${String(index).padStart(4, "0")}`, weight: 1 };
}

function change(name: string, input: PlacementInput): Row {
  const startedMs = performance.now();
  const table = place(input);
  const tookMs = performance.now() - startedMs;
  return { change: name, input, table, tookMs };
}

function growth(): readonly Row[] {
  const rows: Row[] = [];
  let current: Placement = [];
  for (let count = 1; count <= 100; count++) {
    const members = membersOf(count);
    const base = { partitionCount: 1024, replicaCount: 3 };
    const row = change("join", { ...base, members, current });
    rows.push(row);
    current = row.table;
  }
  return rows;
}

function churn(): readonly Row[] {
  const base = { partitionCount: 1024, replicaCount: 3 };
  let members = membersOf(20);
  let current = place({ ...base, members, current: [] });
  return Array.from({ length: 200 }, (_, index) => {
    const random = scatter(randomSeed, index);
    const isJoin = random % 2 === 0;
    members = isJoin
      ? [...members, memberOf(100 + index)]
      : members.filter((_, at) => at !== (random >>> 1) % members.length);
    const name = isJoin ? "join" : "leave";
    const row = change(name, { ...base, members, current });
    current = row.table;
    return row;
  });
}

function thousand({ zoneCount }: { readonly zoneCount: number }): Row[] {
  const all = membersOf(1001).map((member, index) =>
    zoneCount === 0 ? member : { ...member, zone: `z${index % zoneCount}` },
  );
  const without = (...left: readonly number[]) =>
    all.filter((_, index) => !left.includes(index));
  const changes: readonly [string, Partial<PlacementInput>][] = [
    ["found", { members: without(1000) }],
    ["join", { members: all }],
    ["leave", { members: without(0) }],
    ["replace", { members: without(3) }],
    ["1 replica", { replicaCount: 1 }],
    ["3 replicas", { replicaCount: 3 }],
    ["2 replicas", { replicaCount: 2 }],
    ["half leave", { members: all.slice(500) }],
  ];
  const rows: Row[] = [];
  let input: PlacementInput = {
    partitionCount: 4096,
    replicaCount: 3,
    members: all,
    current: [],
  };
  for (const [name, changed] of changes) {
    const row = change(name, { ...input, ...changed });
    rows.push(row);
    input = { ...row.input, current: row.table };
  }
  return rows;
}

function printRows(title: string, rows: readonly Row[]): void {
  const cells = rows.map(cellsOf);
  const movedSum = sum(rows, moved);
  const boundSum = sum(rows, bound);
  const tookMs = sum(rows, (row) => row.tookMs);
  const head = [
    "change",
    "members",
    "primaries",
    "replicas",
    "moved",
    "minimum",
    "ratio",
    "primaries changed",
    "minimum",
    "ms",
  ];
  const total = [
    "all",
    "",
    "",
    "",
    String(movedSum),
    String(boundSum),
    ratio(movedSum, boundSum),
    String(sum(rows, changed)),
    String(sum(rows, changedBound)),
    tookMs.toFixed(1),
  ];
  const lines = [head, ...cells, total];
  const widths = head.map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  console.log(`\n${title}\n`);
  for (const line of lines)
    console.log(
      line.map((cell, column) => cell.padStart(widths[column] ?? 0)).join("  "),
    );
}

function cellsOf(row: Row): readonly string[] {
  const { input, table } = row;
  return [
    row.change,
    String(input.members.length),
    range(primaryCounts(table, input.members)),
    range(replicaCounts(table, input.members)),
    String(moved(row)),
    String(bound(row)),
    ratio(moved(row), bound(row)),
    String(changed(row)),
    String(changedBound(row)),
    row.tookMs.toFixed(1),
  ];
}

function range(counts: readonly number[]): string {
  return `${Math.min(...counts)}-${Math.max(...counts)}`;
}

function ratio(value: number, least: number): string {
  return value === least ? "1.000" : (value / least).toFixed(3);
}

function sum(rows: readonly Row[], of: (row: Row) => number): number {
  return rows.reduce((total, row) => total + of(row), 0);
}

function moved({ input, table }: Row): number {
  return movedReplicas(input.current, table);
}

function changed({ input, table }: Row): number {
  return changedPrimaries(input.current, table);
}

/** No table with these shares moves fewer replicas. */
function bound({ input }: Row): number {
  const { partitionCount, replicaCount, members, current } = input;
  const unitCount = partitionCount * Math.min(replicaCount, members.length);
  const counts = replicaCounts(current, members);
  return fewestNew(counts, replicaBounds(input), unitCount);
}

/** No table with these shares changes fewer primaries. */
function changedBound({ input }: Row): number {
  const { partitionCount, members, current } = input;
  if (current.length === 0) return 0;
  const counts = primaryCounts(current, members);
  return fewestNew(counts, primaryBounds(input), partitionCount);
}
