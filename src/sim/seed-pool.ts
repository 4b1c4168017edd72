/** Seeds side by side: each worker thread runs one at a time, and takes the next as soon as it is done. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { SeedOptions, SeedReport } from "./run-seed.ts";

/** What a worker is told; all of it can be cloned. */
export interface SeedTask extends Omit<SeedOptions, "onTrace"> {
  /** Whether the worker prints each line of the trace as it happens. */
  readonly trace: boolean;
}

/** Worker threads that take turns at seeds, until they are closed. */
export interface SeedPool {
  run(task: SeedTask): Promise<SeedReport>;
  close(): Promise<void>;
}

interface Waiting {
  readonly task: SeedTask;
  readonly end: PromiseWithResolvers<SeedReport>;
}

/** `broken` names the variant that every worker runs instead of the real code. */
export function createSeedPool(options: {
  readonly jobCount: number;
  readonly broken?: string | undefined;
}): SeedPool {
  const queue: Waiting[] = [];
  const idle: Worker[] = [];
  const workers: Worker[] = [];

  function next(): void {
    const worker = idle.pop();
    const waiting = worker && queue.shift();
    if (!waiting) {
      if (worker) idle.push(worker);
      return;
    }
    const { task, end } = waiting;
    const settle = () => {
      worker.removeAllListeners("error");
      idle.push(worker);
      next();
    };
    worker.once("message", (report: SeedReport) => {
      end.resolve(report);
      settle();
    });
    // What ends a worker is a defect of the simulator itself.
    worker.once("error", end.reject);
    worker.postMessage(task);
  }

  for (let count = 0; count < options.jobCount; count++) {
    const url = new URL("./seed-worker.ts", import.meta.url);
    const worker = new Worker(url, { workerData: { broken: options.broken } });
    workers.push(worker);
    idle.push(worker);
  }

  return {
    run(task) {
      const end = Promise.withResolvers<SeedReport>();
      queue.push({ task, end });
      next();
      return end.promise;
    },
    async close() {
      const ended = workers.map((worker) => once(worker, "exit"));
      for (const worker of workers) worker.postMessage(undefined);
      await Promise.all(ended);
    },
  };
}
