/** Whole nodes over the simulator's ports, as they are: what a ring needs to run in virtual time. */

import type { Settings } from "../../src/core/layout.ts";
import { encodeGreeting } from "../../src/core/message-codec.ts";
import type { RingNode, Timing } from "../../src/node/api.ts";
import { createNode } from "../../src/node/node.ts";
import type { Clock, Log, Transport } from "../../src/ports.ts";
import { createDisk, type Disk } from "../../src/sim/disk.ts";
import type { DiskFaults } from "../../src/sim/disk-faults.ts";
import { createNetwork, type Network } from "../../src/sim/network.ts";
import type { NetworkFaults } from "../../src/sim/network-faults.ts";
import { createProcess, type Process } from "../../src/sim/process.ts";
import { createScheduler, type Scheduler } from "../../src/sim/scheduler.ts";
import {
  createVirtualClock,
  type VirtualClock,
} from "../../src/sim/virtual-clock.ts";
import type { StoreDriver } from "../../src/store/driver.ts";
import { createStore } from "../../src/store/store.ts";

export interface Machine {
  readonly process: Process;
  readonly disk: Disk;
  readonly clock: VirtualClock;
  readonly url: string;
  /** Starts the node from what is on the disk. */
  start(): Promise<RingNode>;
}

export interface VirtualRing {
  readonly scheduler: Scheduler;
  readonly network: Network;
  /** What happened to messages, a line each. */
  readonly trace: string[];
  machine(name: string, options?: { skewMs?: number }): Machine;
}

/** Called at each effect that a node has on the world: a write that is durable by now, a message about to be sent. */
export type OnEffect = (machine: string, effect: "write" | "send") => void;

export function createVirtualRing(options: {
  readonly seed: number | string;
  readonly networkFaults?: Partial<NetworkFaults>;
  readonly diskFaults?: Partial<DiskFaults>;
  readonly founding?: Partial<Settings>;
  readonly timing?: Partial<Timing>;
  readonly onEffect?: OnEffect;
}): VirtualRing {
  const { onEffect = () => {} } = options;
  const scheduler = createScheduler({ seed: options.seed });
  const trace: string[] = [];
  const network = createNetwork({
    scheduler,
    ...(options.networkFaults && { faults: options.networkFaults }),
    trace: ({ kind, call, from, to }) => {
      trace.push(`${scheduler.now()} ${kind} ${call} ${from} ${to}`);
    },
  });

  function machine(name: string, { skewMs = 0 } = {}): Machine {
    const url = `http://${name}`;
    const process = createProcess({ name, scheduler });
    const clock = createVirtualClock({ scheduler, skewMs });
    const disk = createDisk({
      name,
      scheduler,
      ...(options.diskFaults && { faults: options.diskFaults }),
    });
    let lifeCount = 0;
    return {
      process,
      disk,
      clock,
      url,
      async start() {
        const life = process.start();
        const port = clock.port(life);
        const node = await createNode({
          name,
          url,
          store: createStore({
            driver: observedDriver(disk.driver(life), () =>
              onEffect(name, "write"),
            ),
          }),
          transport: observedTransport(network.transport(life), () =>
            onEffect(name, "send"),
          ),
          clock: port,
          random: scheduler.random.fork(`node ${name} ${++lifeCount}`),
          log: quiet,
          founding: { partitionCount: 8, ...options.founding },
          ...(options.timing && { timing: options.timing }),
        });
        network.listen(url, {
          life,
          handle: (body) => node.handlePeer(body),
          hello: () => encodeGreeting(node.greeting()),
        });
        runTicks(node, port);
        return node;
      },
    };
  }

  return { scheduler, network, trace, machine };
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
