/** Composes what decides a membership change and carries it to its end. */
import type { Member } from "../core/layout.ts";
import type { Clock, Log, Random, Store, Transport } from "../ports.ts";
import type { Timing } from "./api.ts";
import { createArrival } from "./arrival.ts";
import type { Ballots } from "./ballots.ts";
import type { Coordinator } from "./coordinator.ts";
import { createCopy } from "./copy.ts";
import { createDecision } from "./decision.ts";
import { createDeparture } from "./departure.ts";
import { createForce } from "./force.ts";
import { createMembership } from "./membership.ts";
import { countRefreshes, type Meter } from "./meter.ts";
import type { Peers } from "./peers.ts";
import type { Ring } from "./ring.ts";
import { createSpread } from "./spread.ts";
import type { Voters } from "./voters.ts";

/** What changes of the membership take from the rest of the node. */
export interface MembershipPartsNeeds {
  readonly ring: Ring;
  readonly store: Store;
  readonly voters: Voters;
  readonly coordinator: Coordinator;
  readonly peers: Peers;
  readonly ballots: Ballots;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly timing: Timing;
  readonly meter: Pick<Meter, "refreshed">;
  readonly self: Omit<Member, "id">;
  /** Whether every member is known to have stored the layout. */
  readonly isSpread: boolean;
}

/** Makes them in the order of their needs, and gives each its time limits. */
export function createMembershipParts(needs: MembershipPartsNeeds) {
  const { ring, store, voters, coordinator, peers, ballots } = needs;
  const { transport, clock, random, log, timing, self, isSpread } = needs;
  const keeping = { ring, store, voters, coordinator };
  const decision = createDecision({
    ring,
    store,
    voters,
    ballots,
    clock,
    random,
    timeoutMs: timing.operationTimeoutMs,
  });
  const spread = createSpread({ ring, peers, isSpread });
  const parts = { ring, peers, decision, spread, clock, log };
  const membership = createMembership(parts);
  const copy = createCopy({
    ...parts,
    ...keeping,
    coordinator: countRefreshes(coordinator, needs.meter, "copy"),
    refreshTimeoutMs: 2 * timing.peerCallTimeoutMs,
    changeStallMsMax: timing.changeStallMsMax,
  });
  const arrival = createArrival({
    ring,
    peers,
    transport,
    clock,
    random,
    self,
    callTimeoutMs: timing.peerCallTimeoutMs,
    decisionTimeoutMs: timing.operationTimeoutMs + timing.peerCallTimeoutMs,
  });
  const departure = createDeparture({
    ...keeping,
    spread,
    random,
    log,
    self,
    operationTimeoutMs: timing.operationTimeoutMs,
  });
  const force = createForce({ ring, peers, random, log });
  return { decision, spread, membership, copy, arrival, departure, force };
}
