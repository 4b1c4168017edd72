/**
 * Explores one setup of the model in a thread of Node.js itself: the test runner looks up every import at each use, and
 * takes more than twice as long.
 */
import { parentPort, workerData } from "node:worker_threads";
import { explore } from "../../src/sim/model/explore.ts";
import {
  brokenSetups,
  prepareSetup,
  setups,
} from "../../src/sim/model/setups.ts";

const { name }: { readonly name: string } = workerData;
const setup = setups[name] ?? brokenSetups[name];
if (!setup) throw new Error(`there is no setup ${name}`);
const { world, first } = prepareSetup(setup);
parentPort?.postMessage(explore(world, first));
