/** A repetition behind more operations than a key remembers may take place again; one before that may not. */
import { expect, test } from "vitest";
import { withForgotten } from "../../scripts/chaos/forgotten.ts";
import { operationIdsMax } from "../../src/core/limits.ts";
import { checkHistory } from "../../src/sim/check-history.ts";
import type { Operation, Outcome } from "../../src/sim/history.ts";

const applied = (revision: string): Outcome => ({ kind: "applied", revision });

function put(id: string, call: number, outcome: Outcome): Operation {
  const input = { kind: "put", value: id } as const;
  const end = outcome.kind === "unknown" ? {} : { return: call + 1 };
  return { id, client: id, key: "k", call, ...end, input, outcome };
}

/** A put that is repeated behind `count` others, and whose value is read at the end, with a revision of its own. */
function history(count: number, repetition: Outcome): readonly Operation[] {
  const others = Array.from({ length: count }, (_, index) =>
    put(`o${index}`, 10 + 2 * index, applied(`1-${10 + index}-p`)),
  );
  const lastCall = 20 + 2 * count;
  return [
    put("twice", 1, applied("1-1-p")),
    ...others,
    put("twice", lastCall - 5, repetition),
    {
      id: "read",
      client: "reader",
      key: "k",
      call: lastCall,
      return: lastCall + 1,
      input: { kind: "get" },
      outcome: { kind: "value", value: "twice", revision: "1-900-p" },
    },
  ];
}

const kindOf = (operations: readonly Operation[]) =>
  checkHistory(operations).kind;

test.each<[string, Outcome]>([
  ["unknown", { kind: "unknown" }],
  ["told another revision", applied("1-900-p")],
])("behind as many as are remembered it may: %s", (_, outcome) => {
  const operations = history(operationIdsMax, outcome);
  expect(kindOf(operations)).not.toBe("linearizable");
  expect(kindOf(withForgotten(operations))).toBe("linearizable");
});

test("behind fewer it may not", () => {
  const operations = history(operationIdsMax - 5, { kind: "unknown" });
  expect(kindOf(withForgotten(operations))).not.toBe("linearizable");
});

test("what was answered as the first was is the same operation", () => {
  const operations = history(operationIdsMax, applied("1-1-p"));
  expect(kindOf(withForgotten(operations))).not.toBe("linearizable");
});

test("what was answered from the key's memory is the same operation, though nobody was told of its first attempt", () => {
  const [first, ...rest] = history(operationIdsMax, applied("1-1-p"));
  if (!first) throw new Error("there is one");
  const unknown = put("twice", first.call, { kind: "unknown" });
  const read: Operation = {
    id: "early",
    client: "reader",
    key: "k",
    call: 3,
    return: 4,
    input: { kind: "get" },
    outcome: { kind: "value", value: "twice", revision: "1-1-p" },
  };
  // Without the last read, which saw it take place a second time.
  const operations = [unknown, read, ...rest.slice(0, -1)];
  expect(kindOf(withForgotten(operations))).toBe("linearizable");
});
