/** Recording a history, writing it down, and reading it again. */
import { describe, expect, test } from "vitest";
import {
  createHistoryRecorder,
  describeOperation,
  type Operation,
} from "../../src/sim/history.ts";
import { formatHistory, parseHistory } from "../../src/sim/history-file.ts";
import { knownHistories } from "./history-files.ts";

const get = {
  id: "1",
  client: "c1",
  key: "k",
  input: { kind: "get" },
} as const;

describe("the recorder", () => {
  test("keeps the order of events where the clock stands still", () => {
    const recorder = createHistoryRecorder(() => 100);
    recorder.begin(get)({ kind: "absent" });
    recorder.begin({ ...get, id: "2" })({ kind: "absent" });
    const moments = recorder
      .operations()
      .flatMap(({ call, return: end }) => [call, end ?? 0]);
    expect(moments).toEqual([...new Set(moments)].sort((a, b) => a - b));
    expect(Math.max(...moments) - 100).toBeLessThan(0.001);
  });

  test("keeps it far from zero too, where numbers are further apart", () => {
    const recorder = createHistoryRecorder(() => 1.8e15);
    for (let id = 0; id < 100; id++)
      recorder.begin({ ...get, id: String(id) })({ kind: "absent" });
    const calls = recorder.operations().map(({ call }) => call);
    expect(new Set(calls).size).toBe(100);
  });

  test("what has not ended is unknown, and open", () => {
    const recorder = createHistoryRecorder(() => 0);
    const finish = recorder.begin(get);
    expect(recorder.operations()[0]).toMatchObject({
      outcome: { kind: "unknown" },
    });
    expect(recorder.operations()[0]?.return).toBeUndefined();
    finish({ kind: "value", value: "a" });
    expect(recorder.operations()[0]?.outcome).toEqual({
      kind: "value",
      value: "a",
    });
    expect(() => finish({ kind: "absent" })).toThrow("has ended already");
  });

  test("what was handed out does not change any more", () => {
    const recorder = createHistoryRecorder(() => 0);
    const before = recorder.operations();
    recorder.begin(get);
    expect(before).toEqual([]);
  });
});

describe("histories as text", () => {
  const all = knownHistories.flatMap(({ operations }) => operations);

  test("are read as they were written", () => {
    expect(parseHistory(formatHistory(all))).toEqual(all);
  });

  test.each([
    ["no JSON", "{"],
    ["no operation", '{"id": "1"}'],
    [
      "an unknown kind",
      formatHistory([all[0]] as Operation[]).replace(/"put"/, '"post"'),
    ],
    [
      "an unknown field",
      formatHistory([all[0]] as Operation[]).replace("{", '{"at": 1,'),
    ],
  ])("a line that is %s is refused by its number", (_, line) => {
    const text = `${formatHistory(all.slice(0, 2))}${line}`;
    expect(() => parseHistory(text)).toThrow("line 3");
  });
});

test("an operation in words", () => {
  const words = knownHistories
    .filter(({ name }) => name === "good-one-after-another")
    .flatMap(({ operations }) => operations.map(describeOperation));
  expect(words).toEqual([
    "get -> absent",
    "put a if-none-match * -> ok r1 created",
    "get -> a r1",
    "put b if-match r1 -> ok r2",
    "put c if-match r1 -> 412",
    "delete if-match r2 -> ok",
    "delete -> ok",
    "get -> absent",
  ]);
});
