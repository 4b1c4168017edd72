/** What a change does to an entry: every kind of operation on every state of a key (design, section 4). */
import { describe, expect, test } from "vitest";
import { formatBallot } from "../../src/core/ballot.ts";
import { type Entry, isPresent, nothingEntry } from "../../src/core/entry.ts";
import type { Conditions, Operation } from "../../src/core/operation.ts";
import {
  allStates,
  apply,
  at,
  ballot,
  ids,
  now,
  operationsOf,
  past,
  put,
  remove,
  states,
  value,
  withoutValue,
} from "./operation-cases.ts";

describe("put", () => {
  test.each(allStates)("writes the value over %s", (state) => {
    const created = state !== "present";
    const { entry, answer } = apply(state, put({ contentType: "c/d" }));
    expect(answer).toEqual({ kind: "applied", revision: ballot, created });
    expect(entry).toMatchObject({
      value: Uint8Array.of(2),
      contentType: "c/d",
      revision: ballot,
      createdAt: created ? now : 800,
      modifiedAt: now,
    });
    expect(operationsOf(entry)?.at(-1)).toEqual({
      id: "x",
      ballot,
      at: now,
      effect: created ? "created" : "changed",
    });
  });

  test.each(allStates)(
    "without ttl and content type clears those of %s",
    (state) => {
      const { entry } = apply(state, put());
      expect(entry).not.toHaveProperty("expiresAt");
      expect(entry).not.toHaveProperty("contentType");
    },
  );

  test("with a ttl expires by the coordinator's clock", () => {
    expect(apply("present", put({ ttlMs: 60 })).entry?.expiresAt).toBe(1_060);
    expect(apply("present", put({ ttlMs: 0 })).entry?.expiresAt).toBe(1_000);
  });

  test("never lets a key's time run backwards, whatever the clocks say", () => {
    expect(apply("present", put(), { now: 5 }).entry?.modifiedAt).toBe(900);
    // Nor below what the partition has collected: an import of the time between would take it for older.
    for (const state of ["absent", "nothing"])
      expect(
        apply(state, put(), { collectedAt: 4_000 }).entry?.modifiedAt,
      ).toBe(4_000);
  });
});

describe("delete", () => {
  test("makes a present value a tombstone", () => {
    const { entry, answer } = apply("present", remove());
    expect(answer).toEqual({
      kind: "applied",
      revision: ballot,
      created: false,
    });
    expect(entry).toMatchObject({
      value: null,
      revision: ballot,
      createdAt: now,
      modifiedAt: now,
    });
    expect(entry).not.toHaveProperty("contentType");
    expect(ids(entry)).toEqual(["earlier", "x"]);
  });

  test.each(withoutValue)(
    "of %s changes nothing, and is remembered all the same",
    (state) => {
      const { entry, answer } = apply(state, remove());
      expect(answer).toEqual({ kind: "unchanged" });
      expect(entry?.value).toBeNull();
      expect(operationsOf(entry)?.at(-1)).toEqual({
        id: "x",
        ballot,
        at: now,
        effect: "none",
      });
    },
  );
});

describe("an expired entry", () => {
  test.each([
    ["refresh", { kind: "refresh", expire: true }],
    ["a delete", remove()],
    ["a condition that fails", put({ conditions: { ifMatch: "*" } })],
  ] as const)(
    "becomes a tombstone by %s before anybody is told that it is absent",
    (_, operation) => {
      const { entry } = apply("expired", operation);
      expect(entry).toMatchObject({
        value: null,
        revision: ballot,
        createdAt: now,
        modifiedAt: now,
      });
      expect(entry).not.toHaveProperty("expiresAt");
      expect(ids(entry)?.[0]).toBe("earlier");
    },
  );

  test("is kept by copy and repair: whose clock is right is not theirs to say", () => {
    const { entry, answer } = apply("expired", {
      kind: "refresh",
      expire: false,
    });
    expect(entry).toBe(states.expired);
    expect(answer).toEqual({ kind: "unchanged" });
  });

  test("is a value still by the clock of a coordinator that is behind", () => {
    const { entry } = apply(
      "expired",
      { kind: "refresh", expire: true },
      { now: now - 1 },
    );
    expect(entry).toBe(states.expired);
  });
});

describe("refresh and propose", () => {
  test.each(["nothing", "present", "tombstone"])(
    "refresh keeps %s as it is, revision and ids",
    (state) => {
      for (const expire of [true, false])
        expect(apply(state, { kind: "refresh", expire }).entry).toBe(
          states[state],
        );
    },
  );

  test("refresh of an absent key accepts a tombstone that knows of no id above the floor", () => {
    const { entry } = apply(
      "absent",
      { kind: "refresh", expire: true },
      { floor: at(7) },
    );
    expect(entry).toEqual(nothingEntry(at(7), now));
  });

  test("propose writes where there is nothing, and keeps what is there", () => {
    const operation = { kind: "propose", value: Uint8Array.of(9) } as const;
    for (const state of ["absent", "nothing"])
      expect(apply(state, operation).entry).toMatchObject({
        value: operation.value,
        revision: ballot,
      });
    expect(apply("present", operation).entry).toBe(states.present);
  });
});

describe("conditions (RFC 9110, section 13.1)", () => {
  const current = formatBallot(at(20));
  const cases: readonly (readonly [
    Conditions,
    present: boolean,
    absent: boolean,
  ])[] = [
    [{}, true, true],
    [{ ifMatch: "*" }, true, false],
    [{ ifMatch: [current] }, true, false],
    [{ ifMatch: ["2-1-q", current] }, true, false],
    [{ ifMatch: ["2-1-q"] }, false, false],
    [{ ifMatch: [] }, false, false],
    [{ ifNoneMatch: "*" }, false, true],
    [{ ifNoneMatch: [current] }, false, true],
    [{ ifNoneMatch: ["2-1-q"] }, true, true],
    [{ ifMatch: [current], ifNoneMatch: [current] }, false, false],
    [{ ifMatch: [current], ifNoneMatch: ["2-1-q"] }, true, false],
  ];

  test.each(cases)("%j", (conditions, whenPresent, whenAbsent) => {
    for (const state of allStates) {
      const holds = state === "present" ? whenPresent : whenAbsent;
      const { entry, answer } = apply(state, put({ conditions }));
      if (holds) {
        expect(answer.kind).toBe("applied");
        expect(entry?.value).toEqual(Uint8Array.of(2));
        continue;
      }
      expect(answer).toEqual({
        kind: "condition-failed",
        ...(state === "present" && { revision: at(20) }),
      });
      // The failed operation is remembered, and nothing else has changed.
      expect(isPresent(entry, now)).toBe(state === "present");
      expect(operationsOf(entry)?.at(-1)).toMatchObject({
        id: "x",
        effect: "condition-failed",
      });
      if (state === "present")
        expect({ ...entry, memory: past.memory }).toEqual(states.present);
    }
  });

  test("hold for deletes as well", () => {
    const { entry, answer } = apply("present", remove({ ifMatch: ["2-1-q"] }));
    expect(answer).toEqual({ kind: "condition-failed", revision: at(20) });
    expect(entry?.value).toEqual(value);
    expect(apply("present", remove({ ifMatch: [current] })).answer.kind).toBe(
      "applied",
    );
  });
});

describe("import (design, section 3)", () => {
  const importOf = (
    modifiedAt: number,
    more: Partial<Entry> = {},
  ): Operation => ({
    kind: "import",
    id: "old-ring:1-2-q",
    entry: {
      value: Uint8Array.of(7),
      contentType: "i/j",
      createdAt: 3,
      modifiedAt,
      ...more,
    },
  });

  test.each(["present", "tombstone", "expired"])(
    "is taken over %s if it is newer, with its own times",
    (state) => {
      const { entry, answer } = apply(
        state,
        importOf(901, { expiresAt: 5_000 }),
      );
      expect(answer.kind).toBe("applied");
      expect(entry).toMatchObject({
        value: Uint8Array.of(7),
        contentType: "i/j",
        createdAt: 3,
        modifiedAt: 901,
        expiresAt: 5_000,
        revision: ballot,
      });
      expect(operationsOf(entry)?.at(-1)?.id).toBe("old-ring:1-2-q");
    },
  );

  test.each(["present", "tombstone"])(
    "is not taken over %s that is as new or newer",
    (state) => {
      for (const modifiedAt of [899, 900]) {
        const { entry, answer } = apply(state, importOf(modifiedAt));
        expect(answer).toEqual({ kind: "unchanged" });
        expect(entry).toMatchObject({
          value: states[state]?.value,
          revision: at(20),
          modifiedAt: 900,
        });
      }
    },
  );

  test.each(["absent", "nothing"])(
    "of %s is taken unless the partition has collected one that is as new",
    (state) => {
      const collected = { collectedAt: 600 };
      expect(apply(state, importOf(601), collected).entry?.value).toEqual(
        Uint8Array.of(7),
      );
      expect(apply(state, importOf(600), collected).entry?.value).toBeNull();
      expect(
        apply(state, importOf(1), { collectedAt: 0 }).entry?.value,
      ).toEqual(Uint8Array.of(7));
    },
  );

  test("a newer tombstone deletes", () => {
    const { entry } = apply("present", importOf(901, { value: null }));
    expect(entry).toMatchObject({ value: null, modifiedAt: 901 });
  });
});
