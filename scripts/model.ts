/**
 * Explores the model of a replacement from the command line: `npm run model`, with `-- --attempts 2 --copies 2` for
 * wider bounds. Exit 1 when a promise is broken, or a broken rule is not found out.
 */
import { parseArgs } from "node:util";
import { type Exploration, explore } from "../src/sim/model/explore.ts";
import {
  brokenRules,
  prepareSetup,
  type Setup,
  setups,
  widened,
} from "../src/sim/model/setups.ts";

const { values } = parseArgs({
  options: {
    attempts: { type: "string", default: "1" },
    copies: { type: "string", default: "1" },
  },
});
const attempts = Number(values.attempts);
const copies = Number(values.copies);
const bounds = { attempts, copies };

for (const [name, setup] of Object.entries(setups)) {
  const { violation } = report(name, widened(setup, bounds));
  if (!violation) continue;
  console.log(`  ${violation.reason}`);
  for (const step of violation.course) console.log(`    ${step}`);
  process.exitCode = 1;
}
const [first] = Object.values(setups);
for (const [name, broken] of Object.entries(brokenRules)) {
  const { violation } = report(`broken: ${name}`, {
    ...first,
    broken,
  } as Setup);
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
