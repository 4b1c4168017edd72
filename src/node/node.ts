/** Composes a node from its parts: the one place that knows all of them. */
import { memberOf } from "../core/layout.ts";
import { randomId } from "../core/random.ts";
import { createAbstainers } from "./abstainers.ts";
import { createAcceptor } from "./acceptor.ts";
import type { NodeOptions, RingNode } from "./api.ts";
import { createBackground } from "./background.ts";
import { createBallots } from "./ballots.ts";
import { createChangeWait } from "./change-wait.ts";
import { createChanges } from "./changes.ts";
import { createChosenCoordinator } from "./chosen-coordinator.ts";
import { createCleanup } from "./cleanup.ts";
import { tellDisplaced } from "./displaced.ts";
import { createExpiry } from "./expiry.ts";
import { openState } from "./founding.ts";
import { selfOf, timingDefault } from "./given.ts";
import { createHints, type Hints } from "./hints.ts";
import { withHoldings } from "./holdings.ts";
import { createImport } from "./import.ts";
import { createKeyOperations } from "./key-operations.ts";
import { createMembershipParts } from "./membership-parts.ts";
import { countOperations, countRefreshes, createMeter } from "./meter.ts";
import { createMetrics } from "./metrics.ts";
import { createOperations, type Operations } from "./operations.ts";
import { withOwnWrites } from "./own-writes.ts";
import { createPeerHandler } from "./peer-handler.ts";
import { createPeers } from "./peers.ts";
import { createRepair } from "./repair.ts";
import { createRing } from "./ring.ts";
import { createSight } from "./sight.ts";
import { createSpans } from "./spans.ts";
import { createStickyBallots } from "./sticky-ballots.ts";
import { watchStore } from "./store-watch.ts";
import { createSuspicion } from "./suspicion.ts";
import { createTasks } from "./tasks.ts";
import { throttleErrors } from "./throttled-log.ts";
import { createTokens } from "./tokens.ts";
import { createVoters } from "./voters.ts";
import { createWatches } from "./watches.ts";

/** Opens the node of a store, or founds a ring of one in it. The caller drives `tick`. Throws what `openState` does. */
export async function createNode(options: NodeOptions): Promise<RingNode> {
  const { transport, clock, random } = options;
  const log = throttleErrors(options.log, clock);
  const watch = watchStore(withOwnWrites(options.store, clock), { log, clock });
  const { store, holdings } = withHoldings(watch.store);
  const spans = createSpans({ log, random });
  const metrics = createMetrics();
  const meter = createMeter(metrics);
  const timing = { ...timingDefault, ...options.timing };
  const self = selfOf(options);
  const ring = createRing(
    await openState(store, random, self, options.founding ?? {}),
    store,
  );

  // What comes later in this function is reached when the node runs.
  const wake = () => background.wake();
  const compareLater = (partition: number) =>
    repair.suspectPartition(partition);

  // Acceptor and proposer
  const ballots = createBallots(random);
  const sticky = createStickyBallots();
  const { replica, schedule, unreadable } = createAcceptor({
    store,
    clock,
    log,
    spans,
    timing,
    sticky,
    compareLater,
    tell: (member, key) => hints.tell(member, key),
    epoch: () => ring.layout().epoch,
    wake,
  });
  const suspicion = createSuspicion(clock, {
    onFailed: wake,
    onRecovered: (id) => {
      repair.suspect(id);
      wake();
    },
    onDisplaced: (id) => tellDisplaced(memberOf(ring.layout(), id), log),
  });
  const peers = createPeers({
    transport,
    suspicion,
    log,
    clock,
    meter,
    callTimeoutMs: timing.peerCallTimeoutMs,
    // A coordinator has one call's time; half as much again is for the way there and back.
    executeTimeoutMs: 1.5 * timing.peerCallTimeoutMs,
    adopt: ring.adopt,
  });
  const abstainers = createAbstainers(clock);
  const voters = createVoters({ ring, replica, peers, abstainers });
  const coordinator = createChosenCoordinator({
    sticky,
    ring,
    voters,
    suspicion,
    ballots,
    clock,
    random,
    timing,
    meter,
    onMissed: compareLater,
  });
  const keeping = { ring, store, voters, coordinator };

  // Membership
  const { decision, spread, membership, copy, arrival, departure, force } =
    createMembershipParts({
      ...keeping,
      peers,
      ballots,
      transport,
      clock,
      random,
      log,
      timing,
      meter,
      self,
      isSpread: options.atRest !== undefined,
    });

  // Data
  const imports = createImport({
    ring,
    store,
    operations: () => operations,
    clock,
    log,
  });
  const operations: Operations = createOperations({
    ring,
    voters,
    peers,
    coordinator,
    ballots,
    clock,
    random,
    timing,
    meter,
  });
  const expiry = createExpiry({
    ...keeping,
    schedule,
    unreadable,
    clock,
    operationTimeoutMs: timing.operationTimeoutMs,
    tombstoneMsMin: timing.tombstoneMsMin,
  });
  const repair = createRepair({
    ...keeping,
    coordinator: countRefreshes(coordinator, meter, "repair"),
    unreadable,
    suspicion,
    schedule,
    onSuspected: wake,
    log,
    operationTimeoutMs: timing.operationTimeoutMs,
  });
  const cleanup = createCleanup({ ring, store, spread });

  // Shells
  const keyParts = {
    ...keeping,
    operations,
    imports,
    watch,
    random,
    clock,
    timing,
    spans,
  };
  const uncounted = createKeyOperations(keyParts);
  const keyOperations = {
    ...uncounted,
    ...countOperations(uncounted, metrics, clock),
  };
  const tokens = createTokens({ ...keyParts, keyOperations });
  const watches = createWatches({
    ring,
    get: keyOperations.get,
    clock,
    random,
    log,
    renewMs: timing.watchRenewMs,
    countMax: options.watchersMax,
  });
  const hints: Hints = createHints({ ring, peers, onOwn: watches.changed });
  const wait = createChangeWait({
    ring,
    peers,
    imports,
    departure,
    progress: copy.progress,
    clock,
    changeStallMsMax: timing.changeStallMsMax,
  });
  const changes = createChanges({
    ring,
    peers,
    membership,
    arrival,
    departure,
    force,
    imports,
    wait,
    transport,
    self,
    callTimeoutMs: timing.peerCallTimeoutMs,
    clock,
    log,
    wake,
    guard: watch.guard,
  });
  const tasks = createTasks({
    ring,
    peers,
    decision,
    arrival,
    departure,
    spread,
    copy,
    cleanup,
    imports,
    repair,
    expiry,
    schedule,
    changes,
    force,
    clock,
    log,
    changeStallMsMax: timing.changeStallMsMax,
    self,
    isWeightGiven: options.weight !== undefined,
    atRest: options.atRest,
  });
  const background = createBackground(tasks, { clock, log });
  ring.onChange(wake);
  const { totals, ...shownOperations } = keyOperations;
  const { view, readiness, vitals, ringWatches } = createSight({
    ring,
    peers,
    imports,
    unreadable,
    abstainers,
    metrics,
    clock,
    log,
    self,
    holdings,
    totals,
    ailment: watch.ailment,
    progress: copy.progress,
    isOpen: keyOperations.isOpen,
    watcherCount: watches.count,
    watchersMax: options.watchersMax,
  });
  const handler = createPeerHandler({
    ring,
    replica,
    coordinator,
    propose: membership.propose,
    beginLeaving: changes.beginLeaving,
    acceptInvitation: changes.acceptInvitation,
    switchTo: arrival.switchTo,
    follow: force.follow,
    progress: copy.progress,
    vitals,
    isOpen: keyOperations.isOpen,
    track: keyOperations.track,
    guard: watch.guard,
    spans,
    onChanged: watches.changed,
    process: randomId(random),
  });

  return {
    ...shownOperations,
    ...changes,
    ...view,
    tokens,
    metrics,
    readiness,
    watch: watches.watch,
    watchRing: ringWatches.watchRing,
    drain() {
      watches.end();
      ringWatches.drain();
      return keyOperations.drain();
    },
    handlePeer: handler.handle,
    tick: background.tick,
    onWake: background.onWake,
  };
}
