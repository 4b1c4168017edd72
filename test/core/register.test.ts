/** The acceptor (arXiv 1802.07000, section 2.2) with floors, sticky ballots and stays (design, sections 3 and 4). */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Ballot,
  ballotZero,
  compareBallots,
  epochStart,
  maxBallot,
  sameBallot,
} from "../../src/core/ballot.ts";
import { type Entry, nothingEntry } from "../../src/core/entry.ts";
import {
  accept,
  type Proposal,
  prepare,
  type Register,
  type RegisterStep,
  registerEmpty,
  visible,
} from "../../src/core/register.ts";
import { smallBallot } from "./arbitraries.ts";
import { check } from "./check.ts";

const at = (counter: number, proposer = "a", epoch = 1): Ballot => ({
  epoch,
  counter,
  proposer,
});

/** Told apart by its revision: the ballot it was first accepted at. */
function entryOf(revision: Ballot): Entry {
  return { ...nothingEntry(ballotZero, 0), revision };
}

type Request =
  | { readonly kind: "prepare"; readonly ballot: Ballot }
  | ({ readonly kind: "accept" } & Proposal);

function handle(
  register: Register,
  request: Request,
  floor: Ballot,
): RegisterStep<{ readonly kind: string; readonly promised?: Ballot }> {
  return request.kind === "prepare"
    ? prepare(register, request.ballot, floor)
    : accept(register, request, floor);
}

const proposed = smallBallot.filter(
  ({ epoch, proposer }) => epoch > 0 && proposer !== "",
);

/** Proposers never send two entries under one ballot, and a ballot that rides ahead is above the accept's own. */
const request: fc.Arbitrary<Request> = fc.oneof(
  proposed.map((ballot): Request => ({ kind: "prepare", ballot })),
  fc.tuple(proposed, fc.boolean()).map(([ballot, isSticky]): Request => {
    const next = { ...ballot, counter: ballot.counter + 1 };
    const entry = entryOf(ballot);
    return { kind: "accept", ballot, entry, ...(isSticky && { next }) };
  }),
);

interface Visit {
  readonly before: Register;
  readonly request: Request;
  readonly step: ReturnType<typeof handle>;
  readonly after: Register;
  readonly floor: Ballot;
}

/** Lets an empty register take the requests in turn, under floors that only rise. */
function visit(requests: readonly (readonly [Request, Ballot])[]): Visit[] {
  let register = registerEmpty;
  let floor = ballotZero;
  return requests.map(([request, raise]) => {
    floor = maxBallot(floor, raise);
    const before = register;
    const step = handle(before, request, floor);
    register = step.register ?? before;
    return { before, request, step, after: register, floor };
  });
}

const requests = fc.array(
  fc.tuple(
    request,
    fc.oneof(
      { weight: 4, arbitrary: fc.constant(ballotZero) },
      { weight: 1, arbitrary: smallBallot },
    ),
  ),
  { maxLength: 12 },
);

function forEachVisit(judge: (visit: Visit) => void): void {
  check(
    fc.property(requests, (sequence) => {
      for (const one of visit(sequence)) judge(one);
    }),
    2_000,
  );
}

describe("an acceptor, whatever it is sent", () => {
  test("never takes back a promise or an accept", () => {
    forEachVisit(({ before, after }) => {
      expect(
        compareBallots(after.promised, before.promised),
      ).toBeGreaterThanOrEqual(0);
      expect(
        compareBallots(after.accepted, before.accepted),
      ).toBeGreaterThanOrEqual(0);
      expect(
        compareBallots(after.promised, after.accepted),
      ).toBeGreaterThanOrEqual(0);
    });
  });

  test("changes nothing when it refuses, and names the ballot to exceed", () => {
    forEachVisit(({ before, request, step, floor }) => {
      if (step.reply.kind !== "refused") return;
      expect(step.register).toBeUndefined();
      const { promised } = step.reply;
      expect(promised).toEqual(maxBallot(before.promised, floor));
      expect(
        compareBallots(request.ballot, promised ?? ballotZero),
      ).toBeLessThanOrEqual(0);
    });
  });

  test("refuses whatever is below its promise or its floor", () => {
    forEachVisit(({ before, request, step, floor }) => {
      const isHeld =
        request.kind === "accept" &&
        sameBallot(before.accepted, request.ballot);
      const least = maxBallot(before.promised, floor);
      if (compareBallots(request.ballot, least) < 0 && !isHeld)
        expect(step.reply.kind).toBe("refused");
    });
  });

  test("a promise tells what is accepted, and raises the promise to exactly the ballot", () => {
    forEachVisit(({ before, request, step, after }) => {
      if (step.reply.kind !== "promised") return;
      expect(step.reply).toEqual({
        kind: "promised",
        accepted: before.accepted,
        ...(before.entry && { entry: before.entry }),
      });
      expect(after).toEqual({ ...before, promised: request.ballot });
    });
  });

  test("an accept that is acknowledged is held, with its entry", () => {
    forEachVisit(({ request, step, after }) => {
      if (request.kind !== "accept" || step.reply.kind !== "accepted") return;
      expect(after.accepted).toEqual(request.ballot);
      expect(after.entry).toEqual(request.entry);
    });
  });

  test("repeating a request at once changes nothing more, and an accept is acknowledged alike", () => {
    forEachVisit(({ request, step, after, floor }) => {
      const again = handle(after, request, floor);
      expect(again.register ?? after).toEqual(after);
      if (request.kind === "accept") expect(again.reply).toEqual(step.reply);
      else expect(again.reply.kind).toBe("refused");
    });
  });

  test("`sticky` says exactly that: this accept is held, and the ballot that rode on it is promised", () => {
    forEachVisit(({ request, step, after, floor }) => {
      if (request.kind !== "accept" || step.reply.kind !== "accepted") return;
      const { next } = request;
      const isPromised =
        next !== undefined &&
        sameBallot(maxBallot(after.promised, floor), next);
      expect(step.reply).toEqual({ kind: "accepted", sticky: isPromised });
    });
  });
});

describe("accept", () => {
  const entry = entryOf(at(1));

  test("at the promised ballot is taken: the prepare that came before was its own", () => {
    const { register } = prepare(registerEmpty, at(1), ballotZero);
    const step = accept(
      register ?? registerEmpty,
      { ballot: at(1), entry },
      ballotZero,
    );
    expect(step.reply).toEqual({ kind: "accepted", sticky: false });
    expect(step.register).toEqual({ promised: at(1), accepted: at(1), entry });
  });

  test("without a prepare is taken as well: the promises of a majority are the proposer's affair", () => {
    expect(
      accept(registerEmpty, { ballot: at(1), entry }, ballotZero).reply.kind,
    ).toBe("accepted");
  });

  test("re-sent by a read without `next`, then by its proposer with it, counts for `next`", () => {
    const { register } = accept(
      registerEmpty,
      { ballot: at(1), entry },
      ballotZero,
    );
    const held = register ?? registerEmpty;
    const step = accept(
      held,
      { ballot: at(1), entry, next: at(2) },
      ballotZero,
    );
    expect(step.reply).toEqual({ kind: "accepted", sticky: true });
    expect(step.register).toEqual({ ...held, promised: at(2) });
  });

  test("whose `next` was overtaken by another promise is acknowledged alone (design: counted from any acknowledgement, 1,213 of 400,000)", () => {
    const first = accept(
      registerEmpty,
      { ballot: at(1), entry, next: at(2) },
      ballotZero,
    );
    const second = prepare(
      first.register ?? registerEmpty,
      at(2, "b"),
      ballotZero,
    );
    const again = accept(
      second.register ?? registerEmpty,
      { ballot: at(1), entry, next: at(2) },
      ballotZero,
    );
    expect(again).toEqual({ reply: { kind: "accepted", sticky: false } });
  });

  test("below the floor is refused for a key that was collected, though no record of it is left", () => {
    const floor = at(5);
    expect(accept(registerEmpty, { ballot: at(4), entry }, floor)).toEqual({
      reply: { kind: "refused", promised: floor },
    });
    expect(prepare(registerEmpty, at(5), floor).reply.kind).toBe("refused");
    expect(prepare(registerEmpty, at(6), floor).reply.kind).toBe("promised");
  });
});

describe("visible", () => {
  const entry = entryOf(at(1));

  test("hides what was accepted before this stay, and keeps the promise (design: no `since`, 147 of 40,000)", () => {
    const register: Register = {
      promised: at(9, "b", 4),
      accepted: at(3, "a", 3),
      entry,
    };
    expect(visible(register, 3)).toEqual(register);
    expect(visible(register, 4)).toEqual({
      promised: register.promised,
      accepted: ballotZero,
    });
  });

  test("a hidden state is nobody's: a prepare does not tell it, and writes it away", () => {
    const old: Register = {
      promised: at(3, "a", 3),
      accepted: at(3, "a", 3),
      entry,
    };
    const step = prepare(visible(old, 4), at(1, "b", 4), epochStart(4));
    expect(step.reply).toEqual({ kind: "promised", accepted: ballotZero });
    expect(step.register).toEqual({
      promised: at(1, "b", 4),
      accepted: ballotZero,
    });
  });

  test("a promise alone is not touched", () => {
    const register: Register = {
      promised: at(3, "a", 2),
      accepted: ballotZero,
    };
    expect(visible(register, 9)).toEqual(register);
  });
});
