/**
 * How long a key cannot be read or written: each probe reads and writes one key all the time, through members that are
 * not lost, so that what it measures is the ring and not how fast a client turns away from a dead node.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Outcome } from "../../src/sim/history.ts";
import type { Prng } from "../../src/sim/prng.ts";
import type { NodeProcess } from "./node-process.ts";
import type { Loss, Ring } from "./ring.ts";
import { recorded, type WorkloadParts } from "./workload.ts";

/** From one success to the next of the same kind on the same key. */
export interface Gap {
  readonly key: string;
  readonly kind: "get" | "put";
  readonly from: number;
  readonly to: number;
  /** What was tried in it, for people. */
  readonly attempts: readonly string[];
}

/** So many keys: enough that every member of a small ring is the primary of some. */
const probeCount = 8;
/** Then a probe takes another key, at a moment when nothing is wrong. */
const keyMsMin = 20_000;
const pauseMs = 15;

/** Resolves when the probes have stopped, with all gaps. */
export async function runProbes(
  parts: WorkloadParts,
  random: Prng,
): Promise<readonly Gap[]> {
  const gaps: Gap[] = [];
  let called = 0;

  async function probe(client: string): Promise<void> {
    const own = random.fork(client);
    for (let turn = 0; !parts.stop.aborted; turn++)
      await watch(`${client}/${turn}`, client, own);
  }

  async function watch(key: string, client: string, own: Prng): Promise<void> {
    const last = new Map<Gap["kind"], number>();
    let attempts: string[] = [];
    const began = parts.now();
    for (let isPut = true; !parts.stop.aborted; isPut = !isPut) {
      const kind = isPut ? "put" : "get";
      for (let isDone = false; !isDone && !parts.stop.aborted; ) {
        const began = parts.now();
        const { node, outcome } = await attempt(kind, { key, client, own });
        isDone = outcome.kind === "value" || outcome.kind === "applied";
        const tookMs = Math.round(parts.now() - began);
        if (node)
          attempts.push(`${kind} at ${node.name} ${outcome.kind} ${tookMs} ms`);
        if (!isDone) await sleep(pauseMs);
      }
      if (parts.stop.aborted) return;
      const to = parts.now();
      const from = last.get(kind);
      if (from !== undefined) gaps.push({ key, kind, from, to, attempts });
      last.set(kind, to);
      if (!isPut) attempts = [];
      if (to - began > keyMsMin && isWhole(parts.ring)) return;
      await sleep(pauseMs);
    }
  }

  async function attempt(
    kind: Gap["kind"],
    {
      key,
      client,
      own,
    }: { readonly key: string; readonly client: string; readonly own: Prng },
  ): Promise<{ readonly node?: NodeProcess; readonly outcome: Outcome }> {
    const present = parts.ring
      .members()
      .filter((node) => !parts.ring.isLost(node));
    if (present.length === 0) return { outcome: { kind: "failed" } };
    const node = own.pick(present);
    const id = `p${called++}`;
    const input =
      kind === "put" ? ({ kind, value: id } as const) : ({ kind } as const);
    const outcome = await recorded(
      parts,
      node,
      { id, client, key, input },
      parts.ring.presence(node),
    );
    return { node, outcome };
  }

  await Promise.all(
    Array.from({ length: probeCount }, (_, index) => probe(`probe${index}`)),
  );
  return gaps;
}

function isWhole(ring: Ring): boolean {
  return ring.nodes.every((node) => !ring.isLost(node));
}

/** The longest gap by its kind and by the cause of the loss, of those in which exactly one node was lost. */
export function longestGaps(
  gaps: readonly Gap[],
  losses: readonly Loss[],
): ReadonlyMap<string, Gap> {
  const longest = new Map<string, Gap>();
  for (const gap of gaps) {
    const during = losses.filter(
      ({ from, to = Infinity }) => from < gap.to && to > gap.from,
    );
    const [first] = during;
    if (
      !first ||
      first.cause === "death of all" ||
      during.some((loss) => during.some((other) => areTogether(loss, other)))
    )
      continue;
    const name = `${gap.kind}, ${first.cause}`;
    if (lengthMs(gap) > lengthMs(longest.get(name))) longest.set(name, gap);
  }
  return longest;
}

function areTogether(one: Loss, other: Loss): boolean {
  const { from, to = Infinity } = other;
  return (
    one.name !== other.name && one.from < to && (one.to ?? Infinity) > from
  );
}

export function lengthMs(gap: Gap | undefined): number {
  return gap ? gap.to - gap.from : 0;
}
