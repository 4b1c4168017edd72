/**
 * How long a key cannot be read or written: each probe reads and writes one key all the time, side by side, through
 * members that are not lost, so that what it measures is the ring and not how fast a client turns away from a dead node.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Input } from "../../src/sim/history.ts";
import type { Prng } from "../../src/sim/prng.ts";
import type { Gap } from "./gaps.ts";
import type { Addressed, Ring } from "./ring.ts";
import { recorded, type WorkloadParts } from "./workload.ts";

/** So many keys: enough that every member of a small ring is the primary of some. */
const probeCount = 8;
/** Then a probe takes another key, at a moment when nothing is wrong. */
const keyMsMin = 20_000;
const pauseMs = 30;

/** From here on it is of interest where the time went. */
const tracedMsMin = 300;

interface Probe {
  readonly key: string;
  readonly client: string;
  readonly own: Prng;
}

/** Resolves when the probes have stopped, with all gaps. */
export async function runProbes(
  parts: WorkloadParts,
  random: Prng,
): Promise<readonly Gap[]> {
  const gaps: Gap[] = [];
  let called = 0;

  async function probe(client: string): Promise<void> {
    const reader = { client: `${client}-reader`, own: random.fork(client) };
    const writer = { client: `${client}-writer`, own: reader.own.fork("w") };
    for (let turn = 0; !parts.stop.aborted; turn++) {
      const key = `${client}/${turn}`;
      await Promise.all([
        watch("put", { key, ...writer }),
        watch("get", { key, ...reader }),
      ]);
    }
  }

  /** Reads or writes one key until it has been watched for long enough. */
  async function watch(kind: Gap["kind"], probe: Probe): Promise<void> {
    const began = parts.now();
    let from: number | undefined;
    for (;;) {
      const attempts = await succeed(kind, probe);
      if (parts.stop.aborted) return;
      const to = parts.now();
      if (from !== undefined)
        gaps.push({ key: probe.key, kind, from, to, attempts });
      from = to;
      if (to - began > keyMsMin && isWhole(parts.ring)) return;
      await sleep(pauseMs);
    }
  }

  /** Tries until it succeeds; gives what was tried. */
  async function succeed(
    kind: Gap["kind"],
    probe: Probe,
  ): Promise<readonly string[]> {
    const attempts: string[] = [];
    for (let isDone = false; !isDone && !parts.stop.aborted; ) {
      const attempt = await attemptOnce(kind, probe);
      isDone = attempt?.isDone === true;
      if (attempt) attempts.push(attempt.text);
      if (!isDone) await sleep(pauseMs);
    }
    return attempts;
  }

  /** Absent when there is nobody to ask. */
  async function attemptOnce(
    kind: Gap["kind"],
    { key, client, own }: Probe,
  ): Promise<{ readonly isDone: boolean; readonly text: string } | undefined> {
    const { ring } = parts;
    const present = ring.members().filter((node) => !ring.isLost(node));
    if (present.length === 0) return undefined;
    const node = own.pick(present);
    const id = `p${called++}`;
    const input: Input = kind === "put" ? { kind, value: id } : { kind };
    const call = { id, client, key, input, isTraced: true };
    const began = parts.now();
    const { outcome, label, walk } = await recorded(
      parts,
      node,
      call,
      ring.presence(node),
    );
    const tookMs = Math.round(parts.now() - began);
    const isLong = tookMs >= tracedMsMin && walk !== undefined;
    return {
      // Before its first write a key is absent.
      isDone: ["value", "absent", "applied"].includes(outcome.kind),
      text: `${kind} at ${node.name}: ${label} after ${tookMs} ms${isLong ? ` (${walk})` : ""}`,
    };
  }

  await Promise.all(
    Array.from({ length: probeCount }, (_, index) => probe(`probe${index}`)),
  );
  return gaps;
}

function isWhole(ring: Ring<Addressed>): boolean {
  return ring.nodes.every((node) => !ring.isLost(node));
}
