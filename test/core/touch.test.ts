/** Touches: another time to live for the same value. */
import { describe, expect, test } from "vitest";
import {
  apply,
  at,
  ballot,
  now,
  operationsOf,
  past,
  put,
  states,
  touch,
  withoutValue,
} from "./operation-cases.ts";

const value = { revision: at(20), value: states.present?.value };

describe("a touch", () => {
  test("sets the end, and keeps the value, its revision and what goes with it", () => {
    const { entry, answer } = apply("present", touch({ ttlMs: 60 }));
    expect(answer).toEqual({
      kind: "touched",
      revision: at(20),
      expiresAt: now + 60,
    });
    expect({ ...entry, memory: past.memory }).toEqual({
      ...states.present,
      // As a change of the key it is newer than what it found: another ring takes its end over.
      modifiedAt: now,
      expiresAt: now + 60,
      touched: ballot,
    });
    expect(operationsOf(entry)?.at(-1)).toEqual({
      id: "x",
      ballot,
      at: now,
      effect: "touched",
    });
  });

  test("takes the end away, shortens and lengthens it", () => {
    const current = { ...past, ...value, value: Uint8Array.of(1) };
    for (const expiresAt of [now + 1, now + 500])
      for (const ttlMs of [undefined, 100]) {
        const { entry } = apply(
          "",
          touch(ttlMs === undefined ? {} : { ttlMs }),
          {
            current: { ...current, createdAt: 0, modifiedAt: 0, expiresAt },
          },
        );
        expect(entry?.expiresAt).toBe(ttlMs && now + ttlMs);
      }
  });

  test.each(withoutValue)("of %s creates nothing", (state) => {
    const { entry, answer } = apply(state, touch({ ttlMs: 60 }));
    expect(answer).toEqual({ kind: "no-such-key" });
    expect(entry?.value).toBeNull();
    expect(operationsOf(entry)?.at(-1)).toMatchObject({
      id: "x",
      effect: "no-such-key",
    });
  });

  test("under a condition that does not hold changes nothing, also of an absent key", () => {
    const conditions = { ifMatch: ["2-1-q"] };
    expect(apply("present", touch({ conditions })).answer).toEqual({
      kind: "condition-failed",
      revision: at(20),
    });
    expect(apply("absent", touch({ conditions })).answer).toEqual({
      kind: "condition-failed",
    });
  });

  test("that comes again tells what is there, if that is still the value that it kept", () => {
    const first = apply("present", touch({ ttlMs: 60 }));
    const shorter = apply("", touch({ id: "y", ttlMs: 30 }), {
      ...(first.entry && { current: first.entry }),
      ballot: at(60),
    });
    const again = (current: typeof first.entry) =>
      apply("", touch({ ttlMs: 60 }), {
        ...(current && { current }),
        ballot: at(70),
      });
    expect(again(shorter.entry)).toEqual({
      entry: shorter.entry,
      answer: { kind: "touched", revision: at(20), expiresAt: now + 30 },
    });
    const written = apply("", put({ id: "z" }), {
      ...(first.entry && { current: first.entry }),
      ballot: at(60),
    });
    expect(again(written.entry).answer).toEqual({ kind: "touched" });
  });

  test("leaves no trace in what is written after it", () => {
    const { entry } = apply("present", touch({ ttlMs: 60 }));
    const after = apply("", put({ id: "y" }), {
      ...(entry && { current: entry }),
      ballot: at(60),
    });
    expect(after.entry).not.toHaveProperty("touched");
    expect(after.entry).not.toHaveProperty("expiresAt");
  });
});
