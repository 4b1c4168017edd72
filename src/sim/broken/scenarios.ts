/** Where the variants are tried: what their scenarios have in common. */
import { noFaults, phaseFaults } from "../network-faults.ts";
import type { Plan } from "../plan.ts";

const membership = [
  "join",
  "leave",
  "crash",
  "pause",
  "split",
  "one-way-split",
];

/** So many that most operations meet a key for the first time. */
export const manyKeys = Array.from(
  { length: 60 },
  (_, index) => `key ${index}`,
);

/** The time limits of drawn plans, those of tombstones and watches aside. */
export const timing = {
  peerCallTimeoutMs: 300,
  operationTimeoutMs: 1_500,
  hedgeDelayMs: 30,
  changeStallMsMax: 4_000,
};

/** As few kinds of operations as show most rules: what is undecided is not caught. */
const plain: Partial<Plan> = { counterKeys: [], lockerCount: 0 };

/** Rings of three replicas that change all the time. */
export const changing: Partial<Plan> = {
  ...plain,
  replicaCount: 3,
  replicaCounts: [2, 3, 4],
  nodeCount: 4,
  partitionCount: 2,
  schedule: "phase",
  network: phaseFaults(0.3),
  membershipBias: 4,
  faults: membership,
};

/** Rings that shrink to one replica and grow again: what a change leaves behind has no majority to come back from. */
export const shrinking: Partial<Plan> = {
  ...changing,
  replicaCounts: [1, 3],
  keys: manyKeys.slice(0, 24),
  faults: ["replica-count", "pause", "one-way-split"],
};

/** A ring that nobody joins or leaves: what counts happens within one epoch. */
export const steady: Partial<Plan> = {
  ...plain,
  replicaCount: 3,
  nodeCount: 3,
  partitionCount: 2,
  schedule: "phase",
  network: phaseFaults(0.4),
  faults: ["crash", "pause", "split", "one-way-split"],
};

/** The changes of a key meet at several coordinators, which is rare while all goes well. */
export const scattered = { "node/operations.ts": "scattered-coordinators.ts" };

/** Messages are lost, late and doubled one by one, without a fault of the nemesis. */
export const lossy = {
  ...noFaults,
  delayMsMax: 10,
  slowShare: 0.2,
  slowMsMax: 400,
  requestLostShare: 0.1,
  answerLostShare: 0.1,
  duplicatedShare: 0.1,
  duplicateMsMax: 3_000,
};
