/**
 * Two proposers while one replica of three is replaced, or has its record damaged and rebuilt, exhaustively: no
 * acknowledged write is lost (epochs, seal, copy, joint majorities, abstention).
 */
import { describe, expect, test } from "vitest";
import { explore } from "../../src/sim/model/explore.ts";
import {
  brokenSetups,
  prepareSetup,
  type Setup,
  setups,
} from "../../src/sim/model/setups.ts";

const run = (setup: Setup) => {
  const { world, first } = prepareSetup(setup);
  return explore(world, first);
};

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

describe("every interleaving of two proposers and a replacement", () => {
  test.each(Object.entries(setups))(
    "%s",
    (name, setup) => {
      const found = run(setup);
      const { stateCount, transitionCount } = found;
      console.info(`${name}: ${stateCount} states, ${transitionCount} steps`);
      expect(found.violation).toBeUndefined();
      expect([...found.outcomes].sort()).toEqual(outcomes[name]);
      // Half a minute of work, and more where others work too.
    },
    900_000,
  );
});

describe("the model finds out", () => {
  test.each(Object.entries(brokenSetups))("%s", (_, setup) => {
    const { violation } = run(setup);
    expect(violation?.reason).toMatch(/no order of the operations explains/);
  });
});
