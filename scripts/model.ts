/**
 * Explores the model of a replacement, and of a damaged record, from the command line: `npm run model`, with
 * `-- --attempts 2 --copies 2` for wider bounds, and `-- --wide` for the setups that take minutes. Exit 1 when a promise
 * is broken, or a broken rule is not found out.
 */
import { parseArgs } from "node:util";
import { type Exploration, explore } from "../src/sim/model/explore.ts";
import {
  brokenSetups,
  prepareSetup,
  type Setup,
  setups,
  widened,
  wideSetups,
} from "../src/sim/model/setups.ts";

const { values } = parseArgs({
  options: {
    attempts: { type: "string", default: "1" },
    copies: { type: "string", default: "1" },
    wide: { type: "boolean", default: false },
  },
});
const attempts = Number(values.attempts);
const copies = Number(values.copies);
const bounds = { attempts, copies };

const tried = values.wide ? { ...setups, ...wideSetups } : setups;
for (const [name, setup] of Object.entries(tried)) {
  const { violation } = report(name, widened(setup, bounds));
  if (!violation) continue;
  console.log(`  ${violation.reason}`);
  for (const step of violation.course) console.log(`    ${step}`);
  process.exitCode = 1;
}
for (const [name, broken] of Object.entries(brokenSetups)) {
  const { violation } = report(`broken: ${name}`, broken);
  if (!violation) process.exitCode = 1;
}

function report(name: string, setup: Setup): Exploration {
  const { world, first } = prepareSetup(setup);
  const begunMs = performance.now();
  const found = explore(world, first);
  const seconds = (performance.now() - begunMs) / 1000;
  const figures = [
    `${found.stateCount} states`,
    `${found.transitionCount} transitions`,
    `${found.endCount} ends`,
    `${found.outcomes.size} outcomes`,
    `${seconds.toFixed(1)} s`,
  ];
  const verdict = found.violation ? "violation" : "no violation";
  console.log(`${name}: ${figures.join(", ")}; ${verdict}`);
  return found;
}
