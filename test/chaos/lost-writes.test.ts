/** Acknowledged writes that the last reads do not know of, in histories made for it. */
import { expect, test } from "vitest";
import { lostWrites } from "../../scripts/chaos/lost-writes.ts";
import type { Input, Operation, Outcome } from "../../src/sim/history.ts";

let count = 0;

function operation(
  [call, end]: readonly [number, number?],
  input: Input,
  outcome: Outcome,
  client = "c0",
): Operation {
  const returned = end !== undefined && { return: end };
  return {
    id: `o${count++}`,
    client,
    key: "k",
    call,
    ...returned,
    input,
    outcome,
  };
}

const applied: Outcome = { kind: "applied" };
const unknown: Outcome = { kind: "unknown" };
const put = (value: string): Input => ({ kind: "put", value });

function read(call: number, value?: string): Operation {
  const outcome: Outcome =
    value === undefined ? { kind: "absent" } : { kind: "value", value };
  return operation([call, call + 1], { kind: "get" }, outcome, "last");
}

function lost(...operations: readonly Operation[]): number {
  return lostWrites(operations, ({ client }) => client === "last").length;
}

test("a value that a later, acknowledged write replaced", () => {
  const first = operation([0, 1], put("a"), applied);
  const second = operation([2, 3], put("b"), applied);
  expect(lost(first, second, read(4, "b"))).toBe(0);
  expect(lost(first, second, read(4, "a"))).toBe(1);
});

test("nothing, where a value was acknowledged and nobody deleted it", () => {
  const write = operation([2, 3], put("a"), applied);
  expect(lost(write, read(4))).toBe(1);
  expect(
    lost(operation([0, 1], { kind: "delete" }, applied), write, read(4)),
  ).toBe(1);
  expect(
    lost(write, operation([4, 5], { kind: "delete" }, applied), read(6)),
  ).toBe(0);
});

test("a value that a later delete took away", () => {
  const write = operation([0, 1], put("a"), applied);
  const deletion = operation([2, 3], { kind: "delete" }, applied);
  expect(lost(write, deletion, read(4, "a"))).toBe(1);
});

test("writes that ran side by side explain each other's absence", () => {
  const first = operation([0, 3], put("a"), applied);
  const second = operation([2, 4], put("b"), applied);
  expect(lost(first, second, read(5, "a"))).toBe(0);
});

test("an unknown write may take place at any later time", () => {
  const late = operation([0], put("a"), unknown);
  const second = operation([2, 3], put("b"), applied);
  expect(lost(late, second, read(4, "a"))).toBe(0);
  expect(
    lost(operation([0], { kind: "delete" }, unknown), second, read(4)),
  ).toBe(0);
});

test("a write that was not acknowledged before the read cannot be lost", () => {
  const slow = operation([0, 9], put("a"), applied);
  expect(lost(slow, read(4))).toBe(0);
  expect(lost(operation([0, 1], put("a"), { kind: "failed" }), read(4))).toBe(
    0,
  );
});
