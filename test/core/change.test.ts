/** One attempt of a proposer (arXiv 1802.07000, section 2.2): every order of answers for three replicas, and every outcome. */

import { describe, expect, test } from "vitest";
import {
  type Ballot,
  ballotZero,
  epochStart,
  maxBallot,
} from "../../src/core/ballot.ts";
import {
  beginChange,
  type ChangeEvent,
  type ChangeInput,
  type ChangeOutcome,
  stepChange,
} from "../../src/core/change.ts";
import { memoryFrom } from "../../src/core/memory.ts";
import { isReached, type Quorum } from "../../src/core/quorum.ts";
import {
  allCourses,
  answerOf,
  at,
  behaviours,
  type Course,
  entryOf,
  from,
  ids,
  input,
  one,
  type Replicas,
  situations,
} from "./change-courses.ts";

describe("in every course, of every situation of three replicas", () => {
  const courses: readonly Course[] = [...situations()].flatMap((replicas) => [
    ...allCourses(input, replicas),
  ]);

  function ended<Kind extends ChangeOutcome["kind"]>(kind: Kind) {
    return courses.flatMap((course) =>
      course.outcome?.kind === kind
        ? [
            {
              ...course,
              outcome: course.outcome as Extract<ChangeOutcome, { kind: Kind }>,
            },
          ]
        : [],
    );
  }

  test("it comes to an end, each outcome in many courses", () => {
    expect(ended("committed").length).toBeGreaterThan(1_000);
    expect(ended("lost").length).toBeGreaterThan(1_000);
    expect(ended("forgotten")).toEqual([]);
  });

  test("an accept is sent at most once, to every replica, and only after a majority of promises", () => {
    for (const { accepts, acceptedAfter, events } of courses) {
      expect(accepts.length).toBeLessThanOrEqual(1);
      if (accepts.length === 0) continue;
      expect(accepts[0]?.to).toEqual(ids);
      const before = events.slice(0, acceptedAfter);
      expect(isReached(one, from(before, "promised"))).toBe(true);
      // Not before the majority was full: later promises play no part.
      expect(isReached(one, from(before.slice(0, -1), "promised"))).toBe(false);
    }
  });

  test("what it proposes is the entry with the highest accepted ballot of those promises", () => {
    for (const { accepts, acceptedAfter, events } of courses) {
      if (!accepts[0]) continue;
      let top = ballotZero;
      for (const event of events.slice(0, acceptedAfter))
        if (event.kind === "promised") top = maxBallot(top, event.accepted);
      expect(accepts[0].entry.revision).toEqual(top);
    }
  });

  test("committed: a majority has acknowledged the accept, and no later than that it ends", () => {
    for (const { outcome, events, accepts } of ended("committed")) {
      const acks = from(events, "accepted");
      expect(isReached(one, acks)).toBe(true);
      expect(isReached(one, acks.slice(0, -1))).toBe(false);
      expect(outcome.entry).toEqual(accepts[0]?.entry);
    }
  });

  test("sticky: only when a majority of the acknowledgements says so", () => {
    for (const { outcome, events } of ended("committed")) {
      const sticky = events.flatMap((event) =>
        event.kind === "accepted" && event.sticky ? [event.from] : [],
      );
      expect(outcome.sticky).toBe(isReached(one, sticky));
    }
    const flags = ended("committed").map(({ outcome }) => outcome.sticky);
    expect(new Set(flags).size).toBe(2);
  });

  test("lost: no majority is left for the phase it is in; it may take effect exactly if an accept was sent", () => {
    for (const { outcome, events, accepts } of ended("lost")) {
      const phase = accepts.length > 0 ? "accept" : "prepare";
      const gone = events.flatMap((event) =>
        (event.kind === "refused" || event.kind === "failed") &&
        event.of === phase
          ? [event.from]
          : [],
      );
      expect(gone.length).toBe(2);
      expect(outcome.mayTakeEffect).toBe(phase === "accept");
    }
  });

  test("lost: tells the highest ballot of the refusals that it took into account", () => {
    for (const { outcome, events, acceptedAfter } of ended("lost")) {
      let promised = ballotZero;
      for (const [index, event] of events.entries()) {
        const isLate =
          event.kind === "refused" &&
          event.of === "prepare" &&
          index >= (acceptedAfter ?? events.length);
        if (event.kind === "refused" && !isLate)
          promised = maxBallot(promised, event.promised);
      }
      expect(outcome.promised).toEqual(promised);
    }
  });

  test("two courses with the same answers in the accept phase end alike, whatever late answers to the prepare came between", () => {
    const byAnswers = new Map<string, string>();
    for (const { events, acceptedAfter, outcome } of courses) {
      if (acceptedAfter === undefined) continue;
      const before = events.slice(0, acceptedAfter);
      const after = events
        .slice(acceptedAfter)
        .filter(
          (event) =>
            event.kind === "accepted" ||
            ("of" in event && event.of === "accept"),
        );
      const key = JSON.stringify([before, after]);
      const known = byAnswers.get(key) ?? JSON.stringify(outcome);
      expect(JSON.stringify(outcome)).toBe(known);
      byAnswers.set(key, known);
    }
  });
});

describe("a late answer", () => {
  test("of the prepare is no vote about the accept: neither a refusal nor a failure", () => {
    const promised = (id: string) =>
      answerOf(id, "send-prepare", ["older", "sticky"]);
    const { state: first } = stepChange(
      beginChange(input).state,
      promised("a"),
    );
    const { state } = stepChange(first, promised("b"));
    expect(state.phase).toBe("accept");
    for (const answer of ["refused", "failed"] as const)
      expect(
        stepChange(state, answerOf("c", "send-prepare", [answer, "accepted"])),
      ).toEqual({ state, effects: [] });
    expect(stepChange(state, promised("c"))).toEqual({ state, effects: [] });
  });

  test("of anything changes nothing once the attempt has ended", () => {
    const [course] = allCourses(input, {
      a: behaviours[1] ?? ["failed", "failed"],
      b: ["older", "sticky"],
      c: ["older", "sticky"],
    });
    if (!course) throw new Error("it ends");
    for (const kind of ["send-prepare", "send-accept"] as const)
      for (const replica of behaviours) {
        const event = answerOf("c", kind, replica);
        expect(stepChange(course.state, event)).toEqual({
          state: course.state,
          effects: [],
        });
      }
  });
});

describe("what the decision is given", () => {
  const absent = (
    from: string,
    floor: Ballot,
    collectedAt = 0,
  ): ChangeEvent => ({
    kind: "promised",
    from,
    accepted: ballotZero,
    floor,
    collectedAt,
  });

  function proposalOf(from: ChangeInput, events: readonly ChangeEvent[]) {
    let step = beginChange(from);
    for (const event of events) step = stepChange(step.state, event);
    return step.effects;
  }

  test("creation from absent takes the highest floor of the prepare quorum, at least the start of the epoch (design, section 4)", () => {
    const low = at(3);
    const high = at(7);
    for (const [floors, expected] of [
      [[ballotZero, ballotZero], epochStart(2)],
      [[low, high], high],
      [[high, low], high],
    ] as const) {
      const effects = proposalOf(
        input,
        floors.map((floor, index) => absent(ids[index] ?? "", floor)),
      );
      expect(effects).toMatchObject([
        {
          kind: "send-accept",
          entry: { value: null, memory: memoryFrom(expected) },
        },
      ]);
    }
  });

  test("an import is measured by the newest time that any of the quorum has collected (design, section 3)", () => {
    const content = { value: Uint8Array.of(1), createdAt: 0, modifiedAt: 70 };
    const importing: ChangeInput = {
      ...input,
      after: at(9),
      operation: { kind: "import", id: "r:1", entry: content },
    };
    for (const [collected, value] of [
      [[60, 0], content.value],
      [[0, 70], null],
      [[80, 0], null],
    ] as const) {
      const effects = proposalOf(
        importing,
        collected.map((time, index) =>
          absent(ids[index] ?? "", ballotZero, time),
        ),
      );
      expect(effects).toMatchObject([
        { kind: "send-accept", entry: { value } },
      ]);
    }
  });

  test("nothing is sent when an earlier attempt may have been forgotten: the outcome is unknown", () => {
    const retry: ChangeInput = {
      ...input,
      operation: { kind: "delete", id: "x" },
      mayRepeat: true,
      after: at(4),
    };
    const effects = proposalOf(retry, [
      absent("a", at(5)),
      absent("b", ballotZero),
    ]);
    expect(effects).toEqual([{ kind: "end", outcome: { kind: "forgotten" } }]);
  });
});

describe("a sticky ballot", () => {
  const sticky: ChangeInput = { ...input, stickyEntry: entryOf(at(9, "me")) };

  test("begins with the accept, of what the majority that promised it holds", () => {
    expect(beginChange(sticky)).toMatchObject({
      state: { phase: "accept" },
      effects: [{ kind: "send-accept", to: ids, entry: entryOf(at(9, "me")) }],
    });
  });

  test("is lost like any other, and may take effect from its first message on", () => {
    const replicas: Replicas = {
      a: ["failed", "refused"],
      b: ["failed", "refused"],
      c: ["failed", "refused"],
    };
    const lost = { kind: "lost", mayTakeEffect: true, promised: at(30) };
    for (const { outcome } of allCourses(sticky, replicas))
      expect(outcome).toMatchObject(lost);
    // What only says that the operation is outdated has no effect, wherever it comes to.
    const outdated: ChangeInput = {
      ...sticky,
      operation: { kind: "delete", id: "x" },
      stickyEntry: { ...entryOf(at(9, "me")), memory: memoryFrom(at(5)) },
      after: at(4),
    };
    for (const { outcome } of allCourses(outdated, replicas))
      expect(outcome).toMatchObject({ ...lost, mayTakeEffect: false });
  });
});

describe("under a joint layout", () => {
  test("both the old and the new replicas have to promise and to accept", () => {
    const joint: Quorum = [
      ["a", "b"],
      ["b", "c"],
    ];
    for (const replicas of situations())
      for (const { outcome, events, accepts } of allCourses(
        { ...input, quorum: joint },
        replicas,
      )) {
        if (accepts.length > 0)
          expect(isReached(joint, from(events, "promised"))).toBe(true);
        if (outcome?.kind !== "committed") continue;
        expect(isReached(joint, from(events, "accepted"))).toBe(true);
        expect(from(events, "accepted").sort()).toEqual(ids);
      }
  });
});
