/** A worker thread of the seed pool. */
import { parentPort, workerData } from "node:worker_threads";
import { loadSimulator } from "./broken/load.ts";
import type { SeedTask } from "./seed-pool.ts";

const { broken }: { readonly broken?: string } = workerData;
const { runSeed } = await loadSimulator(broken);

parentPort?.on("message", async (task: SeedTask | undefined) => {
  // Ends by itself, so that its coverage is written where somebody measures it.
  if (!task) return parentPort?.close();
  const { trace, ...options } = task;
  const onTrace = (line: string) => console.log(line);
  const report = await runSeed({ ...options, ...(trace && { onTrace }) });
  parentPort?.postMessage(report);
});
