/**
 * Two proposers while one replica of three is replaced, or has its record damaged and rebuilt, exhaustively: no
 * acknowledged write is lost (epochs, seal, copy, joint majorities, abstention).
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import type { Exploration } from "../../src/sim/model/explore.ts";
import { brokenSetups, setups } from "../../src/sim/model/setups.ts";

async function run(name: string): Promise<Exploration> {
  const url = new URL("./model-worker.ts", import.meta.url);
  const [found] = await once(
    new Worker(url, { workerData: { name } }),
    "message",
  );
  return found;
}

/** What clients can be told in each setup. None is missing: a model that loses courses proves nothing. */
const together = [
  "",
  "P applied",
  "P applied, Q applied",
  "P condition-failed",
  "P condition-failed, Q applied",
  "Q applied",
];
const outcomes: Readonly<Record<string, readonly string[]>> = {
  "C replaced by D: a create against a put": together,
  "C replaced by D: a create tried twice": ["", "P applied"],
  "the replacement undone: a create tried twice against a put": together,
  "C's record damaged and rebuilt: a create tried twice against a put":
    together,
  "C replaced by D while A's record is damaged: a create": ["", "P applied"],
  "C replaced by D while D's record is damaged: a create": ["", "P applied"],
};

describe("every interleaving of two proposers", () => {
  test.each(Object.keys(setups))(
    "%s",
    async (name) => {
      const found = await run(name);
      const { stateCount, transitionCount } = found;
      console.info(`${name}: ${stateCount} states, ${transitionCount} steps`);
      expect(found.violation).toBeUndefined();
      expect([...found.outcomes].sort()).toEqual(outcomes[name]);
      // A quarter of a minute of work, and more where others work too.
    },
    900_000,
  );
});

describe("the model finds out", () => {
  test.each(Object.keys(brokenSetups))("%s", async (name) => {
    const { violation } = await run(name);
    expect(violation?.reason).toMatch(/no order of the operations explains/);
  });
});
