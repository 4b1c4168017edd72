/** The parser of event streams, on what the standard says and on pieces of any size. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createEventParser,
  eventsOf,
  type ServerEvent,
} from "../../src/client/event-stream.ts";

const parse = (...pieces: readonly string[]): readonly ServerEvent[] => {
  const parser = createEventParser();
  return pieces.flatMap((piece) => parser(piece));
};

describe("the standard's examples (section 9.2.6)", () => {
  test("data in several lines is one event, and each has a type", () => {
    const text =
      "data: YHOO\ndata: +2\ndata: 10\n\nevent: add\ndata: 73857293\n\n";
    expect(parse(text)).toEqual([
      { type: "message", id: "", data: "YHOO\n+2\n10" },
      { type: "add", id: "", data: "73857293" },
    ]);
  });

  test("comments are left out, an id stays until there is another, a space behind the colon is none of the value", () => {
    const text =
      ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\n\nid\ndata:  third event\n\n";
    expect(parse(text)).toEqual([
      { type: "message", id: "1", data: "first event" },
      { type: "message", id: "1", data: "second event" },
      { type: "message", id: "", data: " third event" },
    ]);
  });

  test("no data, no event; an empty line of it is one; what is not ended is none", () => {
    expect(parse("event: x\n\ndata\n\ndata\ndata\n\ndata:")).toEqual([
      { type: "message", id: "", data: "" },
      { type: "message", id: "", data: "\n" },
    ]);
  });
});

test("a mark of the byte order is no part of the first field", () => {
  expect(parse("\uFEFFdata: x\n\n")).toHaveLength(1);
});

const line = fc.oneof(
  fc.string({ unit: fc.constantFrom("a", ":", " ", "é", "𝒌"), maxLength: 8 }),
  fc
    .string({ unit: fc.constantFrom("a", "b", " "), maxLength: 8 })
    .map((data) => `data: ${data}`),
  fc.constantFrom("event: value", "id: 7", "", "", ": c", "retry: 5"),
);

test("pieces and kinds of line ends make no difference", () => {
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 20 }),
      fc.array(fc.constantFrom("\n", "\r", "\r\n"), { minLength: 1 }),
      fc.array(fc.nat({ max: 9 }), { minLength: 1 }),
      (lines, ends, lengths) => {
        const whole = parse(`${lines.join("\n")}\n`);
        const text = lines
          .map((each, at) => each + (ends[at % ends.length] ?? "\n"))
          .join("");
        const pieces: string[] = [];
        for (let at = 0, i = 0; at < text.length; i++) {
          const length = 1 + (lengths[i % lengths.length] ?? 0);
          pieces.push(text.slice(at, at + length));
          at += length;
        }
        // A line that ends with CR before an empty one that ends with LF is one line end.
        fc.pre(!lines.some((each, at) => isMixed(each, at)));
        function isMixed(each: string, at: number): boolean {
          const before = ends[(at - 1) % ends.length];
          return at > 0 && each === "" && before === "\r";
        }
        expect(parse(...pieces)).toEqual(whole);
      },
    ),
  );
});

test("bytes of one character may come apart, and whoever stops lets go of the body", async () => {
  let isCancelled = false;
  const bytes = new TextEncoder().encode("data: 東京\n\ndata: 2\n\n");
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
    },
    cancel() {
      isCancelled = true;
    },
  });
  for await (const { data } of eventsOf(body)) {
    expect(data).toBe("東京");
    break;
  }
  expect(isCancelled).toBe(true);
});
