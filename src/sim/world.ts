/** Machines with real nodes over the simulated ports: all that a ring needs to run in virtual time. */

import { encodeGreeting } from "../core/greeting-codec.ts";
import type { Settings } from "../core/layout.ts";
import type { RingNode, Timing } from "../node/api.ts";
import { createNode } from "../node/node.ts";
import {
  decodeState,
  type NodeState,
  nodeBucket,
  stateKey,
} from "../node/state.ts";
import type { Clock, Log, Store, Transport } from "../ports.ts";
import type { StoreDriver } from "../store/driver.ts";
import { createStore } from "../store/store.ts";
import { transportResultOf } from "../transport/peer-result.ts";
import { createDisk, type Disk } from "./disk.ts";
import {
  type DiskCounters,
  type DiskFaults,
  diskCountersAtZero,
  diskEvents,
} from "./disk-faults.ts";
import { createNetwork, type Network } from "./network.ts";
import type { NetworkFaults } from "./network-faults.ts";
import { createProcess, type Life, type Process } from "./process.ts";
import { createScheduler, type Scheduler } from "./scheduler.ts";
import { createVirtualClock, type VirtualClock } from "./virtual-clock.ts";

/** It outlives the processes that run on it, and so do its disk and its clock. */
export interface Machine {
  readonly name: string;
  readonly url: string;
  readonly process: Process;
  readonly disk: Disk;
  readonly clock: VirtualClock;
  /**
   * Starts the node from what is on the disk. Rejects, with the machine down again, when the disk fails. Never settles
   * when the machine crashes meanwhile.
   */
  start(): Promise<RingNode>;
  /** The node of this life; absent while the machine is down or still starting. */
  node(): RingNode | undefined;
  /** The running node's store. */
  store(): Store | undefined;
  /** Does this in the running process: now, at the end of a pause, or never. */
  deliver(work: () => void): void;
}

/** One simulation: what its machines share. */
export interface World {
  readonly scheduler: Scheduler;
  readonly network: Network;
  /** What happened on all disks together. */
  diskCounters(): DiskCounters;
  /** A new machine, which is down. `skewMs`: how far its clock is ahead. */
  machine(
    name: string,
    options?: {
      readonly skewMs?: number;
      readonly driftPartsPerMillion?: number;
    },
  ): Machine;
}

/** Called at each effect that a node has on the world: a write that is durable by now, a message about to be sent. */
type OnEffect = (machine: string, effect: "write" | "send") => void;

/** What a simulation begins with, and who looks on. Networks and disks are good ones unless faults are given. */
export interface WorldOptions {
  readonly seed: number | string;
  readonly networkFaults?: Partial<NetworkFaults>;
  readonly diskFaults?: Partial<DiskFaults>;
  /** Settings of each ring that a machine founds; 8 partitions unless given. */
  readonly founding?: Partial<Settings>;
  readonly timing?: Partial<Timing>;
  readonly onEffect?: OnEffect;
  /** What a node is given in the place of the store on its machine's disk; that store itself unless given. */
  readonly storeOn?: (machine: string, disk: Store) => Store;
  /** Called when a node has stored what it keeps of itself. */
  readonly onState?: (machine: string, state: NodeState) => void;
  /** Given a line for each thing that happens to a message. */
  readonly trace?: (line: string) => void;
  /** What the nodes log goes here, with the machine's name; nowhere unless given. */
  readonly log?: (machine: string) => Log;
}

/** Has no machine at first. Its time stands still but while its scheduler runs. */
export function createWorld(options: WorldOptions): World {
  const { onEffect = () => {}, trace } = options;
  const scheduler = createScheduler({ seed: options.seed });
  const disks: Disk[] = [];
  const network = createNetwork({
    scheduler,
    ...(options.networkFaults && { faults: options.networkFaults }),
    ...(trace && {
      trace: ({ kind, call, from, to }) =>
        trace(`${scheduler.now()} ${kind} ${call} ${from} ${to}`),
    }),
  });

  function machine(
    name: string,
    clockOptions: Parameters<World["machine"]>[1] = {},
  ): Machine {
    const url = `http://${name}`;
    const process = createProcess({ name, scheduler });
    const clock = createVirtualClock({ scheduler, ...clockOptions });
    const disk = createDisk({
      name,
      scheduler,
      ...(options.diskFaults && { faults: options.diskFaults }),
    });
    disks.push(disk);
    let lifeCount = 0;
    let running: { node: RingNode; store: Store; life: Life } | undefined;

    function storeOf(life: Life): Store {
      const driver = disk.driver(life);
      const store = createStore({
        driver: observedDriver(driver, () => onEffect(name, "write")),
        // So small that most reads come from the disk, where damage shows, and some from the cache.
        cacheBytesMax: 32 * 1024,
      });
      return observedStore(options.storeOn?.(name, store) ?? store, (state) =>
        options.onState?.(name, state),
      );
    }

    function nodeOf(life: Life, store: Store): Promise<RingNode> {
      return createNode({
        name,
        url,
        store,
        transport: observedTransport(network.transport(life), () =>
          onEffect(name, "send"),
        ),
        clock: clock.port(life),
        random: scheduler.random.fork(`node ${name} ${++lifeCount}`),
        log: options.log?.(name) ?? quiet,
        founding: { partitionCount: 8, ...options.founding },
        ...(options.timing && { timing: options.timing }),
      });
    }

    async function start(): Promise<RingNode> {
      const life = process.start();
      const store = storeOf(life);
      const node = await nodeOf(life, store).catch((error: unknown) => {
        if (life.isAlive()) process.crash();
        throw error;
      });
      running = { node, store, life };
      life.onEnd(() => {
        running = undefined;
      });
      network.listen(url, {
        life,
        handle: async (body) => transportResultOf(await node.handlePeer(body)),
        hello: () => encodeGreeting(node.greeting()),
      });
      runTicks(node, clock.port(life));
      return node;
    }

    return {
      name,
      url,
      process,
      disk,
      clock,
      start,
      node: () => running?.node,
      store: () => running?.store,
      deliver: (work) => running?.life.deliver(work),
    };
  }

  return {
    scheduler,
    network,
    diskCounters: () => sumOf(disks.map((disk) => disk.counters())),
    machine,
  };
}

function sumOf(counters: readonly DiskCounters[]): DiskCounters {
  const total = diskCountersAtZero();
  for (const kind of diskEvents)
    total[kind] = counters.reduce((sum, each) => sum + each[kind], 0);
  return total;
}

function observedDriver(driver: StoreDriver, onWrite: () => void): StoreDriver {
  return {
    ...driver,
    async setItemRaw(item, bytes, options) {
      await driver.setItemRaw?.(item, bytes, options);
      onWrite();
    },
    async removeItem(item, options) {
      await driver.removeItem?.(item, options);
      onWrite();
    },
  };
}

function observedStore(
  store: Store,
  onState: (state: NodeState) => void,
): Store {
  return {
    ...store,
    async update(bucket, key, step) {
      if (bucket !== nodeBucket || key !== stateKey)
        return store.update(bucket, key, step);
      let written: Uint8Array | undefined;
      const result = await store.update(bucket, key, (stored) => {
        const next = step(stored);
        written = next.write ?? undefined;
        return next;
      });
      const state = written && decodeState(written);
      if (state) onState(state);
      return result;
    },
  };
}

function observedTransport(
  transport: Transport,
  onSend: () => void,
): Transport {
  return {
    call(url, body, timeoutMs) {
      onSend();
      return transport.call(url, body, timeoutMs);
    },
    hello: transport.hello,
  };
}

const quiet: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** Ticks when a tick is due, one at a time; it ends with the life that the clock belongs to. */
function runTicks(node: RingNode, clock: Clock): void {
  let isRunning = false;
  let isWoken = false;
  let cancel = () => {};
  function plan(delayMs: number): void {
    cancel();
    cancel = clock.timer(delayMs, () => void run());
  }
  async function run(): Promise<void> {
    isRunning = true;
    isWoken = false;
    const { nextTickAt } = await node.tick();
    isRunning = false;
    if (isWoken) plan(0);
    else if (nextTickAt !== undefined) plan(nextTickAt - clock.now());
  }
  node.onWake(() => {
    isWoken = true;
    if (!isRunning) plan(0);
  });
  plan(0);
}
