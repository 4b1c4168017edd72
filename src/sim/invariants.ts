/** What must hold of a ring that was healed and left alone for a while, whatever happened to it before. */
import { createHash } from "node:crypto";
import { formatBallot } from "../core/ballot.ts";
import type { Entry } from "../core/entry.ts";
import { type Layout, partitionsOf, sinceOf } from "../core/layout.ts";
import { registerOf } from "../node/place.ts";
import {
  decodeState,
  nodeBucket,
  partitionBucket,
  type Stay,
  stateKey,
} from "../node/state.ts";
import type { ScannedRecord, Store } from "../ports.ts";
import { checkHistory } from "./check-history.ts";
import { eventualReads } from "./eventual-reads.ts";
import { describeOperation, type Operation } from "./history.ts";
import { intervalPicture } from "./interval-picture.ts";
import {
  isRotting,
  membersOf,
  type RingRun,
  type Running,
  type Violation,
} from "./ring-run.ts";
import { shrinkHistory } from "./shrink-history.ts";
import { tableFaults } from "./table-faults.ts";

/** Per-key linearizability, and that eventual gets made nothing up. */
export function historyViolations(
  operations: readonly Operation[],
): readonly Violation[] {
  const inventions = eventualReads(operations).map((operation) => ({
    check: "eventual reads",
    detail: `${operation.id} of ${operation.key}: ${describeOperation(operation)}`,
  }));
  const verdict = checkHistory(operations);
  if (verdict.kind === "linearizable") return inventions;
  const check = "linearizability";
  if (verdict.kind === "undecided")
    return [...inventions, { check, detail: `undecided: key ${verdict.key}` }];
  const { key, reason, stuck } = verdict;
  const picture = intervalPicture(shrinkHistory(operations, verdict), {
    stuck,
  });
  return [...inventions, { check, detail: `key ${key}: ${reason}`, picture }];
}

/** Why the ring is not yet at rest, a line for each reason; none: it agrees on one stable, even layout of live members. */
export function unrest(run: RingRun): readonly string[] {
  const members = membersOf(run);
  const live = new Set(members.map(({ machine }) => machine.name));
  const views = new Set(
    members.map(({ node }) => `${node.status().epoch} ${node.status().phase}`),
  );
  const disagreement =
    views.size === 1 ? [] : [`members are at ${[...views].join(", ")}`];
  return [
    ...disagreement,
    ...members.flatMap(({ machine: { name }, node }) => {
      const { phase, activity, isEven, members: listed } = node.status();
      const gone = listed.filter((member) => !live.has(member.name));
      const names = listed.map((member) => member.name);
      const twice = names.filter((each, at) => names.indexOf(each) !== at);
      return [
        ...(phase === "stable" ? [] : [`${name} is in a change`]),
        ...(activity === "none" ? [] : [`${name} is ${activity}`]),
        ...(isEven ? [] : [`${name} sees an uneven table`]),
        ...gone.map((member) => `${name} lists ${member.name}, which is gone`),
        ...twice.map((each) => `${name} lists two members named ${each}`),
      ];
    }),
  ];
}

/** What one member keeps of the main ring. */
interface Holdings {
  readonly name: string;
  readonly layout: Layout;
  readonly memberId: string;
  /** By partition, then by key: what was accepted, and its ballot. */
  readonly partitions: ReadonlyMap<number, ReadonlyMap<string, string>>;
}

/**
 * Looks at what is on the members' disks: a table that is valid and even, nothing that is not theirs, no tombstone,
 * nothing that has expired, and the same at every replica of a partition. A disk that rots is not compared.
 */
export async function storeViolations(
  run: RingRun,
): Promise<readonly Violation[]> {
  const found: Violation[] = [];
  const holdings: Holdings[] = [];
  for (const member of membersOf(run)) {
    const report = (check: string, detail: string) =>
      found.push({ check, detail: `${member.machine.name} ${detail}` });
    const held = await holdingsOf(member, report);
    if (held && !isRotting(run, member.machine)) holdings.push(held);
  }
  return [...found, ...divergences(holdings)];
}

type Report = (check: string, detail: string) => void;

async function holdingsOf(
  { machine }: Running,
  report: Report,
): Promise<Holdings | undefined> {
  const store = machine.store();
  const stay = store && (await stayOf(store));
  if (!stay) {
    report("state", "keeps no state that can be read");
    return undefined;
  }
  const { layout, memberId, space } = stay;
  for (const fault of tableFaults(layout)) report("table", `knows ${fault}`);
  const mine = new Set(partitionsOf(layout, memberId));
  reportStrays(machine.disk.items(), { space, mine, report });
  const partitions = new Map<number, ReadonlyMap<string, string>>();
  for (const partition of mine) {
    const bucket = partitionBucket(space, partition);
    const since = sinceOf(layout, partition, memberId) ?? 0;
    const records = await recordsOf(store, bucket);
    partitions.set(partition, acceptedOf(records, { since, report }));
  }
  return { name: machine.name, layout, memberId, partitions };
}

async function stayOf(store: Store): Promise<Stay | undefined> {
  const stored = await store.read(nodeBucket, stateKey);
  return stored.kind === "record" ? decodeState(stored.bytes)?.stay : undefined;
}

async function recordsOf(
  store: Store,
  bucket: string,
): Promise<readonly ScannedRecord[]> {
  const records: ScannedRecord[] = [];
  const limits = { limit: 1_000, bytesMax: Number.POSITIVE_INFINITY };
  let after: string | undefined;
  do {
    const page = await store.scan(bucket, {
      ...limits,
      ...(after !== undefined && { after }),
    });
    records.push(...page.records);
    after = page.next;
  } while (after !== undefined);
  return records;
}

/** Buckets of rings that it has left, and of partitions that it does not own. */
function reportStrays(
  items: readonly string[],
  {
    space,
    mine,
    report,
  }: {
    readonly space: number;
    readonly mine: ReadonlySet<number>;
    readonly report: Report;
  },
): void {
  const buckets = new Set(
    items.map((item) => /^r\d+:p:[0-9a-f]+/.exec(item)?.[0]),
  );
  for (const bucket of buckets) {
    if (bucket === undefined) continue;
    const [name = "", , partition = ""] = bucket.split(":");
    if (name !== `r${space}`)
      report("garbage", `keeps ${bucket} of a former ring`);
    else if (!mine.has(Number.parseInt(partition, 16)))
      report("garbage", `keeps ${bucket}, which is not its own`);
  }
}

function acceptedOf(
  records: readonly ScannedRecord[],
  { since, report }: { readonly since: number; readonly report: Report },
): ReadonlyMap<string, string> {
  const accepted = new Map<string, string>();
  for (const { name, key, stored } of records) {
    const register = registerOf(stored, since);
    if (!register) report("readable records", `cannot read ${key ?? name}`);
    else if (register.entry) {
      const { value, expiresAt } = register.entry;
      accepted.set(
        name,
        `${formatBallot(register.accepted)} ${digestOf(register.entry)}`,
      );
      if (value === null)
        report("collection", `still keeps the tombstone of ${key ?? name}`);
      else if (expiresAt !== undefined)
        report("expiry", `still keeps ${key ?? name}, which has expired`);
    }
  }
  return accepted;
}

/** Tells entries apart: under one ballot there must be one. */
function digestOf({ value, revision, memory }: Entry): string {
  const hash = createHash("sha256").update(memory);
  if (value) hash.update(value);
  const digest = hash.digest("hex").slice(0, 8);
  return `${value ? "value" : "tombstone"} ${formatBallot(revision)} ${digest}`;
}

function divergences(holdings: readonly Holdings[]): readonly Violation[] {
  const [first] = holdings;
  return (first?.layout.table ?? []).flatMap((_, partition) => {
    const copies = holdings.flatMap(({ name, partitions }) => {
      const copy = partitions.get(partition);
      return copy ? [{ name, text: JSON.stringify([...copy].sort()) }] : [];
    });
    if (new Set(copies.map(({ text }) => text)).size <= 1) return [];
    const each = copies.map(({ name, text }) => `${name} ${text}`).join("; ");
    return [
      { check: "convergence", detail: `partition ${partition}: ${each}` },
    ];
  });
}
