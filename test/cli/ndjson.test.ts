/** The parts of import and export: lines, what they mean, and many of them at once. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseImportLine } from "../../src/cli/import-line.ts";
import { runInFlight, type Task } from "../../src/cli/in-flight.ts";
import { linesOf } from "../../src/cli/lines.ts";
import { valueFields } from "../../src/cli/value-fields.ts";

async function* streamOf<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

describe("lines", () => {
  test("are the same however the stream is cut", async () => {
    const text = fc.array(fc.stringMatching(/^[a-zäß😀 ]{0,12}$/u), {
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(
        text,
        fc.integer({ min: 1, max: 7 }),
        fc.constantFrom("\n", "\r\n"),
        async (lines, size, end) => {
          const bytes = Buffer.from(lines.join(end));
          const chunks = Array.from(
            { length: Math.ceil(bytes.length / size) },
            (_, at) => bytes.subarray(at * size, (at + 1) * size),
          );
          const read = await collect(linesOf(streamOf(chunks), 1000));
          const expected = lines
            .map((line, index) => ({ number: index + 1, text: line.trim() }))
            .filter((line) => line.text !== "");
          expect(read.map(({ number, text }) => ({ number, text }))).toEqual(
            expected,
          );
          if (read.length > 0)
            expect(read.at(-1)?.bytesRead).toBeLessThanOrEqual(bytes.length);
        },
      ),
    );
  });

  test("that are too long, or not UTF-8, are named", async () => {
    const long = streamOf([Buffer.from("ok\n123"), Buffer.from("4567")]);
    await expect(collect(linesOf(long, 6))).rejects.toThrow(
      /^Line 2 has more than 6 bytes/,
    );
    const latin = streamOf([Uint8Array.of(0xfc)]);
    await expect(collect(linesOf(latin, 6))).rejects.toThrow(
      /^Line 1 is not UTF-8/,
    );
  });
});

describe("an import line", () => {
  const textOf = (line: string) =>
    new TextDecoder().decode(parseImportLine(line).bytes);

  test.each([
    ['{"key":"a","value":"text"}', "text", "text/plain;charset=utf-8"],
    ['{"key":"a","value":""}', "", "text/plain;charset=utf-8"],
    ['{"key":"a","value":{"b":[1]}}', '{"b":[1]}', "application/json"],
    ['{"key":"a","value":null}', "null", "application/json"],
    ['{"key":"a","base64":"aGk="}', "hi", undefined],
    [
      '{"key":"a","value":"[1]","contentType":"application/json"}',
      "[1]",
      "application/json",
    ],
  ])("%s", (line, text, contentType) => {
    expect(textOf(line)).toBe(text);
    expect(parseImportLine(line).contentType).toBe(contentType);
  });

  test.each([
    ["{", /not JSON/],
    ["[]", /./],
    ["{}", /key/],
    ['{"key":"a"}', /value or base64/],
    ['{"key":"a","value":1,"base64":"aGk="}', /not both/],
    ['{"key":"a","base64":"?"}', /base64/],
    ['{"key":"a","value":"","ttl":0}', /ttl/],
    ['{"key":"a","value":"","tll":5}', /tll/],
    ['{"key":1,"value":""}', /key/],
  ])("%s is refused", (line, message) => {
    expect(() => parseImportLine(line)).toThrow(message);
  });

  test("of an export gives back the same bytes, type and time", () => {
    fc.assert(
      fc.property(
        fc.uint8Array(),
        fc.string(),
        fc.option(fc.nat({ max: 1e6 })),
        (bytes, contentType, ttl) => {
          const stored = {
            bytes: new Uint8Array(bytes),
            contentType,
            ...(ttl !== null && { ttlSeconds: ttl + 1 }),
          };
          const line = JSON.stringify({ key: "k", ...valueFields(stored) });
          const read = parseImportLine(line);
          expect(new Uint8Array(read.bytes)).toEqual(stored.bytes);
          expect(read).toMatchObject({
            key: "k",
            contentType,
            ...(ttl !== null && { ttlSeconds: ttl + 1 }),
          });
        },
      ),
    );
  });
});

/** Work whose end the test decides. */
function gates(count: number) {
  return Array.from({ length: count }, () => Promise.withResolvers<void>());
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("tasks in flight", () => {
  function tasksOf(keys: readonly string[], bytes: readonly number[] = []) {
    const doors = gates(keys.length);
    const started: number[] = [];
    const tasks = keys.map(
      (key, index): Task => ({
        key,
        bytes: bytes[index] ?? 1,
        async run() {
          started.push(index);
          await doors[index]?.promise;
        },
      }),
    );
    return {
      tasks,
      started,
      open: (index: number) => doors[index]?.resolve(),
      fail: (index: number) => doors[index]?.reject(new Error(`task ${index}`)),
    };
  }

  test("are as many as allowed", async () => {
    const { tasks, started, open } = tasksOf(["a", "b", "c", "d"]);
    const done = runInFlight(streamOf(tasks), { countMax: 2, bytesMax: 100 });
    await settle();
    expect(started).toEqual([0, 1]);
    open(1);
    await settle();
    expect(started).toEqual([0, 1, 2]);
    for (const index of [0, 2, 3]) open(index);
    await done;
    expect(started).toEqual([0, 1, 2, 3]);
  });

  test("hold no more bytes than allowed, unless one alone does", async () => {
    const { tasks, started, open } = tasksOf(["a", "b", "c"], [6, 5, 50]);
    const done = runInFlight(streamOf(tasks), { countMax: 9, bytesMax: 10 });
    await settle();
    expect(started).toEqual([0]);
    open(0);
    await settle();
    expect(started).toEqual([0, 1]);
    open(1);
    await settle();
    expect(started).toEqual([0, 1, 2]);
    open(2);
    await done;
  });

  test("of one key keep their order", async () => {
    const { tasks, started, open } = tasksOf(["a", "a", "b"]);
    const done = runInFlight(streamOf(tasks), { countMax: 9, bytesMax: 100 });
    await settle();
    expect(started).toEqual([0, 2]);
    open(0);
    await settle();
    expect(started).toEqual([0, 2, 1]);
    open(1);
    open(2);
    await done;
  });

  test("end with the first that fails, and start no other", async () => {
    const { tasks, started, open, fail } = tasksOf(["a", "b", "a", "c", "d"]);
    const done = runInFlight(streamOf(tasks), { countMax: 3, bytesMax: 100 });
    await settle();
    fail(0);
    open(1);
    await expect(done).rejects.toThrow("task 0");
    expect(started).toEqual([0, 1]);
  });

  test("end before the error of what they come from is told", async () => {
    const { tasks, open } = tasksOf(["a"]);
    async function* broken() {
      yield* tasks;
      throw new Error("no more");
    }
    let isTold = false;
    const done = runInFlight(broken(), { countMax: 3, bytesMax: 100 });
    done.catch(() => {
      isTold = true;
    });
    await settle();
    expect(isTold).toBe(false);
    open(0);
    await expect(done).rejects.toThrow("no more");
  });
});
