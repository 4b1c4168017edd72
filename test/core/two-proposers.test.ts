/** Two proposers on one key, exhaustively: nothing that was committed is lost, and what they were told agrees (arXiv 1802.07000, section 2.3). */
import { describe, expect, test } from "vitest";
import { compareBallots } from "../../src/core/ballot.ts";
import type { Entry } from "../../src/core/entry.ts";
import type { Operation } from "../../src/core/operation.ts";
import { accept, type Register } from "../../src/core/register.ts";
import { memoryOf } from "./memories.ts";
import { explore, type Setup } from "./two-proposers-model.ts";
import { type Told, topOf } from "./two-proposers-state.ts";

const idsOf = (entry: Entry | undefined) =>
  entry ? memoryOf(entry).operations.map(({ id }) => id) : [];
const isPrefix = (first: readonly string[], second: readonly string[]) =>
  first.every((id, index) => id === second[index]);

/** What is wrong with a state, in words. No id is ever dropped in these short lives: an entry's ids are its history. */
function violationOf(
  acceptors: readonly Register[],
  told: readonly Told[],
): string | undefined {
  const committed = told
    .flatMap(({ outcome, ballot }) =>
      outcome.kind === "committed" ? [{ ...outcome, ballot }] : [],
    )
    .sort((a, b) => compareBallots(a.ballot, b.ballot));
  const histories = committed.map(({ entry }) => idsOf(entry));
  for (const [index, history] of histories.entries()) {
    if (new Set(history).size < history.length)
      return `applied twice: ${history}`;
    const later = histories[index + 1];
    if (later && !isPrefix(history, later))
      return `committed ${history}, and then ${later}`;
  }
  // Whatever majority is asked next finds everything that was committed.
  for (const left of [0, 1, 2]) {
    const found = idsOf(topOf(acceptors.toSpliced(left, 1)));
    const lost = histories.find((history) => !isPrefix(history, found));
    if (lost) return `committed ${lost}, but a majority holds ${found}`;
  }
  const created = committed.filter(
    ({ answer }) => answer.kind === "applied" && answer.created,
  );
  return created.length > 1 ? "created twice" : undefined;
}

const put = (id: string): Operation => ({
  kind: "put",
  id,
  value: Uint8Array.of(id.charCodeAt(0)),
});
const create = (id: string): Operation =>
  ({ ...put(id), conditions: { ifNoneMatch: "*" } }) as Operation;

/** Each setup, and in how many ways its operations can end together. */
const setups: Readonly<Record<string, Setup & { readonly ends: number }>> = {
  "two creates of one key, each tried twice": {
    ends: 4,
    operations: [[create("p")], [create("q")]],
    attemptsMax: 2,
    timeoutsMax: 1,
    isSticky: false,
  },
  "two writes in turn against one, with sticky ballots": {
    ends: 8,
    operations: [[put("p"), put("r")], [put("q")]],
    attemptsMax: 1,
    timeoutsMax: 1,
    isSticky: true,
    counters: [0, 2],
  },
  "two writes in turn against two, with sticky ballots": {
    ends: 7,
    operations: [
      [put("p"), put("r")],
      [put("q"), put("s")],
    ],
    attemptsMax: 1,
    timeoutsMax: 0,
    isSticky: true,
  },
};

describe("every interleaving of two proposers and three acceptors", () => {
  test.each(Object.entries(setups))("%s", (name, setup) => {
    const { stateCount, ends, violation } = explore(setup, violationOf);
    console.info(`${name}: ${stateCount} states, ${ends.size} ways to end`);
    expect(violation).toBeUndefined();
    // None of them is missing: a model that loses courses proves nothing.
    expect([...ends]).toHaveLength(setup.ends);
    expect(ends).not.toContain("p applied, q applied");
  });
});

describe("the model finds out", () => {
  const sticky = setups["two writes in turn against one, with sticky ballots"];
  const creates = setups["two creates of one key, each tried twice"];
  if (!sticky || !creates) throw new Error("both are there");

  test("an acceptor that forgets what it promised", () => {
    const { violation } = explore(
      {
        ...creates,
        accept: (_, { ballot, entry }) => ({
          register: { promised: ballot, accepted: ballot, entry },
          reply: { kind: "accepted", sticky: false },
        }),
      },
      violationOf,
    );
    expect(violation).toMatch(/committed .* (but|and then)/);
  });

  test("an acceptor that does not raise its promise to the ballot that rides ahead (design: 1,213 of 400,000)", () => {
    const { violation } = explore(
      {
        ...sticky,
        // The other's ballot lies between the accept and the one that rides on it.
        counters: [0, 0],
        accept: (register, proposal, floor) => {
          const { next: _, ...alone } = proposal;
          const step = accept(register, alone, floor);
          return step.reply.kind === "accepted"
            ? { ...step, reply: { kind: "accepted", sticky: true } }
            : step;
        },
      },
      violationOf,
    );
    expect(violation).toMatch(/committed .* (but|and then)/);
  });

  test("a proposer that is content with one acceptor", () => {
    const { violation } = explore(
      { ...creates, quorums: [[["0"]], [["0", "1", "2"]]] },
      violationOf,
    );
    expect(violation).toBeDefined();
  });
});
