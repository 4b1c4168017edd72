/** Clients: each calls one operation after the other, on few keys that all of them want and on many that stay cold. */
import { setTimeout as sleep } from "node:timers/promises";
import type {
  Conditions,
  HistoryRecorder,
  Input,
  Outcome,
} from "../../src/sim/history.ts";
import type { Prng } from "../../src/sim/prng.ts";
import type { Counts, Violation } from "../../src/sim/ring-run.ts";
import {
  type Answer,
  boundOf,
  type Call,
  callKey,
  isDefect,
  isRead,
} from "./call.ts";
import type { Addressed, Ring } from "./ring.ts";

export interface WorkloadParts {
  readonly ring: Ring<Addressed>;
  readonly history: HistoryRecorder;
  readonly counts: Counts;
  readonly violations: Violation[];
  /** Milliseconds since the run began. */
  readonly now: () => number;
  /** Aborted when the clients are to begin nothing new. */
  readonly stop: AbortSignal;
}

/** Below the time that a node gives an operation, so that clients turn away while it is still at work. */
const patienceMs = 3_000;
const hotKeyCount = 4;
/** Then others take their place: a key's history stays short enough to be judged in seconds. */
const hotKeyMs = 10_000;
const coldKeyCount = 200;

/** Resolves when all clients have stopped. */
export async function runWorkload(
  parts: WorkloadParts,
  random: Prng,
  clientCount: number,
): Promise<void> {
  /** The revision that some client saw last, by key. */
  const revisions = new Map<string, string>();
  /** The newest bound that a client was told, by its name. */
  const bounds = new Map<string, string>();
  let called = 0;

  async function client(name: string): Promise<void> {
    const own = random.fork(name);
    while (!parts.stop.aborted) {
      const key = keyOf(own, parts.now());
      const input = inputOf(own, `v${called}`, revisions.get(key));
      const id = `o${called++}`;
      const isKeyed = !isRead(input) && own.chance(0.3);
      const call = { key, input, ...(isKeyed && { idempotencyKey: id }) };
      await perform({ ...call, id, client: name }, own);
      await sleep(own.between(0, 30));
    }
  }

  async function perform(call: ClientCall, own: Prng): Promise<void> {
    const node = entryFor(parts.ring, own);
    const { first, answer } = await callFirst(node, call);
    const { outcome } = answer;
    if ("revision" in outcome && outcome.revision !== undefined)
      revisions.set(call.key, outcome.revision);
    if (outcome.kind === "failed") await sleep(own.between(0, 100));
    if (!isWorthRepeating(call, outcome, own)) return;
    await sleep(own.between(0, 500));
    parts.counts.add("repeated");
    const repetition = { ...first, isRepetition: true };
    await recorded(parts, entryFor(parts.ring, own), repetition);
  }

  /** Sends it under the newest bound, and anew where that is too old; gives what a repetition has to be. */
  async function callFirst(node: Addressed, call: ClientCall) {
    const { client, idempotencyKey } = call;
    const isKeyed = idempotencyKey !== undefined;
    for (;;) {
      if (isKeyed && !bounds.has(client)) {
        const told = await boundOf(node, AbortSignal.timeout(patienceMs));
        if (told !== undefined) bounds.set(client, told);
      }
      const bound = isKeyed ? bounds.get(client) : undefined;
      const first = { ...call, bound };
      const answer = await recorded(parts, node, first);
      if (answer.bound !== undefined) bounds.set(client, answer.bound);
      if (answer.label !== "bound_outdated") return { first, answer };
      if (answer.bound === undefined) bounds.delete(client);
    }
  }

  await Promise.all(
    Array.from({ length: clientCount }, (_, index) => client(`c${index}`)),
  );
}

type ClientCall = Call & { readonly id: string; readonly client: string };

/** Mostly a node that is not lost, as if a client had turned away from those; sometimes any. */
function entryFor(ring: Ring<Addressed>, random: Prng): Addressed {
  const members = ring.members();
  const present = members.filter((node) => !ring.isLost(node));
  return random.pick(
    random.chance(0.75) && present.length > 0 ? present : members,
  );
}

/** Calls the node once, and writes down what was asked and what was answered. */
export async function recorded(
  { ring, history, counts, violations }: Omit<WorkloadParts, "stop" | "now">,
  node: Addressed,
  {
    id,
    client,
    ...call
  }: Call & { readonly id: string; readonly client: string },
  signal?: AbortSignal,
): Promise<Answer> {
  const patience = AbortSignal.timeout(patienceMs);
  const finish = history.begin({
    id,
    client,
    key: call.key,
    input: call.input,
  });
  const answer = await ring.use(node, () =>
    callKey(
      node,
      call,
      signal ? AbortSignal.any([signal, patience]) : patience,
    ),
  );
  const { outcome, label } = answer;
  counts.add(`${call.input.kind}: ${label}`);
  if (isDefect(label))
    violations.push({
      check: "answers",
      detail: `${id} at ${node.name} was told ${label}`,
    });
  // What is unknown may take place at any later time: the history leaves it open.
  if (outcome.kind !== "unknown") finish(outcome);
  return answer;
}

function isWorthRepeating(
  { idempotencyKey }: Call,
  { kind }: Outcome,
  random: Prng,
): boolean {
  if (idempotencyKey === undefined) return false;
  if (kind === "unknown" || kind === "failed") return true;
  return kind === "applied" && random.chance(0.2);
}

function keyOf(random: Prng, nowMs: number): string {
  return random.chance(0.7)
    ? `hot/${Math.floor(nowMs / hotKeyMs)}/${random.below(hotKeyCount)}`
    : `cold/${random.below(coldKeyCount)}`;
}

function inputOf(random: Prng, value: string, seen: string | undefined): Input {
  const kind = random.fraction();
  if (kind < 0.4) return { kind: "get" };
  if (kind < 0.45) return { kind: "eventual-get" };
  const conditions = random.chance(0.4)
    ? conditionsOf(random, seen)
    : undefined;
  const conditional = conditions && { conditions };
  return kind < 0.6
    ? { kind: "delete", ...conditional }
    : { kind: "put", value, ...conditional };
}

function conditionsOf(random: Prng, seen: string | undefined): Conditions {
  if (seen === undefined || random.chance(0.4))
    return random.chance(0.8) ? { ifNoneMatch: "*" } : { ifMatch: "*" };
  return random.chance(0.8) ? { ifMatch: [seen] } : { ifNoneMatch: [seen] };
}
