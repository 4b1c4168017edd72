/** How a node that is started with `--join` gets into its ring: it waits for the ring, and never founds a second one. */
import { setTimeout as sleep } from "node:timers/promises";
import { createCall } from "../client/call.ts";
import { jsonOf } from "../client/node-answer.ts";
import type { RingStatus } from "../client/status.ts";
import { fail } from "../core/errors.ts";
import type { JoinOptions, RingNode } from "../node/api.ts";
import type { Log } from "../ports.ts";
import { boundedFetch } from "./bounded-fetch.ts";
import { bearer } from "./client-args.ts";
import { CliError, exitCodes } from "./exit-code.ts";

/** What is settled about the ring to join before the node runs: where it is, and what it has to be like. */
export interface JoinPlan {
  /** Urls of nodes of the ring. */
  readonly urls: readonly string[];
  /** How long nobody may answer; and then, how long the ring may take to admit the node. */
  readonly timeoutMs: number;
  /** Take over the member of this node's name. */
  readonly replace: boolean;
  /** The ring's, by which its nodes know this one; absent: it has none. */
  readonly secret: string | undefined;
  /** The node's store is lost at every restart, so that its name in the ring is its own former self's. */
  readonly isVolatile: boolean;
  /** What the ring must have been founded with. */
  readonly expected: NonNullable<JoinOptions["expected"]>;
  readonly log: Log;
  /** Ends all waiting, which is no error. */
  readonly signal: AbortSignal;
}

const probeTimeoutMs = 2_000;
const retryMsMin = 200;
const retryMsMax = 1_000;
const removalPollMs = 500;
const rejoinRetryMs = 30_000;
/** A ring that starts together needs a moment; what takes longer deserves a warning. */
const patienceMs = 3_000;

/** Resolves when one of the nodes answers; before that, a node without a ring must not serve. */
export async function untilRingAnswers(plan: JoinPlan): Promise<void> {
  const started = performance.now();
  for (let retryMs = retryMsMin; ; retryMs = nextRetryMs(retryMs)) {
    const failures: string[] = [];
    for (const url of plan.urls) {
      const status = await statusAt(url, plan);
      // A ring that does not know this node's secret says so in its own words when it is asked to take the node in.
      const isThere = typeof status !== "string" || status === stranger;
      if (plan.signal.aborted || isThere) return;
      failures.push(`${url}: ${status}`);
    }
    const elapsedMs = performance.now() - started;
    if (elapsedMs >= plan.timeoutMs) throw unreachable(plan, failures);
    const level = elapsedMs < patienceMs ? "info" : "warn";
    plan.log[level]("waiting for the ring to join", { failures });
    await pause(Math.min(retryMs, plan.timeoutMs - elapsedMs), plan.signal);
  }
}

function nextRetryMs(retryMs: number): number {
  return Math.min(retryMs * 2, retryMsMax);
}

/** Joins the ring, and tries again while it is only busy or out of reach. */
export async function joinRing(node: RingNode, plan: JoinPlan): Promise<void> {
  const { urls, log, signal, expected } = plan;
  const deadline = performance.now() + plan.timeoutMs;
  let { replace } = plan;
  while (!signal.aborted) {
    const joining = node.join({
      urls,
      expected,
      ...(replace && { replace }),
    });
    const result = await Promise.race([
      joining,
      notAdmitted(node, deadline, signal),
    ]);
    if (result.ok && result.value.partitionsLeft !== undefined)
      log.warn(
        "some partitions could not be moved yet: the ring does it when every member answers",
        { partitionsLeft: result.value.partitionsLeft },
      );
    if (result.ok || signal.aborted) return;
    const { code, message } = result.error;
    if (code === "name_taken" && plan.isVolatile && !replace) {
      replace = true;
      continue;
    }
    const isPassing = passingCodes.includes(code);
    if (!isPassing || performance.now() >= deadline)
      throw new CliError({
        code,
        message,
        exitCode: isPassing ? exitCodes.unavailable : exitCodes.error,
      });
    log.warn("the join is tried again", { code, reason: message });
    await pause(retryMsMax, signal);
  }
}

/**
 * Has the node join again, empty and under a new id, whenever it learns that its ring has removed it: it was down or out
 * of reach for so long that an operator gave it up. Ends with the signal.
 */
export async function rejoinWhenRemoved(
  node: RingNode,
  plan: JoinPlan,
): Promise<void> {
  const { urls, log, signal } = plan;
  while (urls.length > 0 && !signal.aborted) {
    await pause(removalPollMs, signal);
    if (signal.aborted || node.status().activity !== "removed") continue;
    log.warn("the ring has removed this node: it joins again, empty");
    try {
      await joinRing(node, plan);
      if (!signal.aborted) log.info("joined the ring again");
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.error("this node is in no ring: it tries again to join", { reason });
      await pause(rejoinRetryMs, signal);
    }
  }
}

const passingCodes: readonly string[] = [
  "join_unreachable",
  "no_quorum",
  "outcome_unknown",
  "change_in_progress",
  "change_undone",
  "not_a_member",
  "overloaded",
  "store_failed",
];

/**
 * Resolves when the ring has not admitted the node by the deadline. A node that was admitted has all the time that
 * its share of the data takes.
 */
async function notAdmitted(
  node: RingNode,
  deadline: number,
  signal: AbortSignal,
): Promise<ReturnType<typeof fail>> {
  await pause(Math.max(0, deadline - performance.now()), signal);
  if (signal.aborted || node.status().activity === "joining")
    return fail(
      "no_quorum",
      "The ring answers, but has not admitted this node in time: another change holds it up, or a majority of its members is down. Look at ringwalk status of a member.",
    );
  return new Promise(() => {});
}

/** Says so when a node that has its ring already is told to join another one; it stays where it is. */
export async function warnOfOtherRing(
  node: RingNode,
  plan: JoinPlan,
): Promise<void> {
  const { urls, log } = plan;
  for (const url of urls) {
    const status = await statusAt(url, plan);
    if (typeof status === "string") continue;
    if (status.ringId !== node.status().ringId)
      log.warn(
        "--join names a node of another ring and is ignored: this node stays in its ring until it is told to leave",
        { url },
      );
    return;
  }
}

const stranger = "it asks for another secret";

/** The status of the node at `url`, or why there is none. */
async function statusAt(
  url: string,
  { secret, signal }: Pick<JoinPlan, "secret" | "signal">,
): Promise<RingStatus | string> {
  // Nobody knows yet what answers there.
  const call = createCall({ headers: bearer(secret), fetch: boundedFetch });
  const outcome = await call(
    url,
    { method: "GET", path: "/dht/status" },
    { timeoutMs: probeTimeoutMs, signal },
  );
  if (outcome.kind !== "answer") return outcome.reason;
  if (outcome.status === 401) return stranger;
  if (outcome.status !== 200) return `it answered ${outcome.status}`;
  try {
    return jsonOf(outcome);
  } catch {
    return "its answer cannot be read";
  }
}

function unreachable(
  { timeoutMs }: JoinPlan,
  failures: readonly string[],
): CliError {
  return new CliError({
    code: "join_unreachable",
    message: `No node of the ring to join answered in ${timeoutMs / 1000} s (${failures.join("; ")}). Start one of them first, or correct --join; without --join this node would found a ring of its own.`,
    exitCode: exitCodes.unavailable,
  });
}

async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  await sleep(delayMs, undefined, { signal }).catch(() => {});
}
