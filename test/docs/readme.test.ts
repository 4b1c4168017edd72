/** The lines of README and of the pages of the API and the client do what the pages say: each is run as it stands there, and its answer compared. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isThere } from "./bash.ts";
import { type Fence, fencesOf, page } from "./markdown.ts";
import { type PageRing, startPageRing } from "./shell.ts";
import { patternOf, printedText, shownBy, stepsOf } from "./transcript.ts";

const pages = ["README.md", "docs/API.md", "docs/CLIENT.md"];

// The lines are for people who have both; where they are missing there is nothing to run.
describe.skipIf(!isThere("curl") || !isThere("bash")).each(pages)(
  "%s, run against a ring of three",
  (name) => {
    const fences = fencesOf(page(name));
    const transcripts = fences.filter(({ kind }) => kind === "console");
    const programs = fences.filter(({ kind }) => kind === "ts");
    let ring: PageRing;
    beforeAll(async () => {
      ring = await startPageRing();
    });
    afterAll(() => ring?.close());

    const named = (each: readonly Fence[]) =>
      each.map((fence): [number, Fence] => [fence.line, fence]);

    test.each(named(transcripts))("the lines from %d on", async (_, fence) => {
      const steps = stepsOf(fence.lines);
      const outcomes = await ring.run(steps.map(({ command }) => command));
      for (const [index, { command, shown }] of steps.entries()) {
        const { exitCode = -1, output = "" } = outcomes[index] ?? {};
        expect({ command, output: printedText(output) }).toEqual({
          command,
          output: expect.stringMatching(patternOf(shown)),
        });
        expect({ command, exitCode }).toEqual({ command, exitCode: 0 });
      }
    });

    test.each(named(programs))("the program at %d", async (_, { lines }) => {
      const { exitCode, output } = await ring.runProgram(lines.join("\n"));
      expect(output).toBe(shownBy(lines));
      expect(exitCode).toBe(0);
    });
  },
);

describe("the comparison itself", () => {
  const matches = (shown: readonly string[], printed: string) =>
    patternOf(shown).test(printedText(printed));

  test("takes what is shown, and nothing else", () => {
    expect(matches(["hello"], "hello\r\n")).toBe(true);
    expect(matches(["hello"], "hello again\n")).toBe(false);
    expect(matches([], "hello\n")).toBe(false);
    expect(matches(["hello"], "")).toBe(false);
  });

  test("dots stand for what differs, in a line or over lines", () => {
    expect(matches(['{"epoch":...,"a":1}'], '{"epoch":12,"a":1}')).toBe(true);
    expect(matches(['{"epoch":...,"a":1}'], '{"epoch":12,"a":2}')).toBe(false);
    expect(matches(["a", "...", "b"], "a\nx\n\ny\nb\n")).toBe(true);
    expect(matches(["a", "...", "b"], "a\nb\n")).toBe(true);
    expect(matches(["a", "...", "b"], "a\nx\n")).toBe(false);
  });
});
