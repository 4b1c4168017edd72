/** What may happen to a message, how likely it is, and how often it did. */

/** Shares are probabilities per message, from 0 to 1. */
export interface NetworkFaults {
  /** One way, each message anew: as the range is wide, messages overtake one another. */
  readonly delayMsMin: number;
  readonly delayMsMax: number;
  /** The share of messages that take up to `slowMsMax` instead. */
  readonly slowShare: number;
  readonly slowMsMax: number;
  readonly requestLostShare: number;
  readonly answerLostShare: number;
  /** The share of requests that arrive twice; the caller gets one answer, or none. */
  readonly duplicatedShare: number;
  /** How long after the call the second copy may arrive: longer than any caller waits. */
  readonly duplicateMsMax: number;
  /**
   * The share of calls to a node that cannot be reached whose caller learns so at once (`not-sent`), and of calls whose
   * node dies while it handles them whose caller learns that (`unknown`); the others wait in vain.
   */
  readonly refusedShare: number;
  /** The share of all calls that the caller's own machine gives up (`not-sent`). */
  readonly notSentShare: number;
  /** The share of phases that meet a random subset of the machines (phases.ts). */
  readonly partialPhaseShare: number;
}

/** A network in one data centre on a good day. */
export const noFaults: NetworkFaults = {
  delayMsMin: 0.2,
  delayMsMax: 1,
  slowShare: 0,
  slowMsMax: 0,
  requestLostShare: 0,
  answerLostShare: 0,
  duplicatedShare: 0,
  duplicateMsMax: 0,
  refusedShare: 1,
  notSentShare: 0,
  partialPhaseShare: 0,
};

/** Phase by phase: steps go in time with one another, and many of them meet some machines only. */
export function phaseFaults(partialPhaseShare: number): NetworkFaults {
  return { ...noFaults, delayMsMin: 0.5, delayMsMax: 0.5, partialPhaseShare };
}

const networkEvents = [
  /** The caller sent a request. */
  "called",
  /** It reached a node, which began to handle it. */
  "delivered",
  /** The caller has its answer. */
  "answered",
  "request-lost",
  "answer-lost",
  "duplicated",
  /** A message took longer than the usual delay. */
  "slow",
  /** A request arrived after one that the same caller had sent to the same node later. */
  "overtaken",
  /** A message met a split. */
  "request-cut",
  "answer-cut",
  /** Nobody was there, and the caller learned so. */
  "refused",
  /** The node died before it answered, or before the request arrived, and the caller learned so. */
  "reset",
  /** The caller's machine gave up before it sent anything. */
  "not-sent",
  /** A message arrived at a paused process, and waits. */
  "held",
  /** The caller waited in vain. */
  "timed-out",
  /** The handler rejected: the caller gets something that is no answer. */
  "handler-failed",
  /** An answer arrived when the caller had one already, or had given up. */
  "answer-late",
] as const;

/** What can happen to a message: the faults, and the ordinary. */
export type NetworkEventKind = (typeof networkEvents)[number];

/** How often each kind has happened since the network was made. */
export type NetworkCounters = Readonly<Record<NetworkEventKind, number>>;

/** New at each call: who asked for them counts in them. */
export function countersAtZero(): Record<NetworkEventKind, number> {
  const entries = networkEvents.map((kind) => [kind, 0] as const);
  return Object.fromEntries(entries) as Record<NetworkEventKind, number>;
}
