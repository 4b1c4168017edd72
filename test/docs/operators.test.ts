/** The operators' pages, docs/START.md and docs/OPERATIONS.md behind it: each line is run as it stands there, on stand-ins for machines. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isThere } from "./bash.ts";
import { type MachineShell, openMachineShell } from "./machine-shell.ts";
import type { Blow } from "./machines.ts";
import { blocksOf, page } from "./markdown.ts";
import { patternOf, printedText, shownBy, stepsOf } from "./transcript.ts";

const pages = ["docs/START.md", "docs/OPERATIONS.md"];

// The lines are for people who have all of these; where one is missing there is nothing to run.
const isPossible = ["curl", "bash", "openssl"].every(isThere);

describe.skipIf(!isPossible)("three machines", () => {
  let shell: MachineShell;
  beforeAll(async () => {
    shell = await openMachineShell();
  });
  afterAll(() => shell?.close());

  describe.each(pages)("%s", (name) => {
    const blocks = blocksOf(page(name)).filter(({ kind }) =>
      ["console", "ts", "machines"].includes(kind),
    );

    test.each(blocks.map((block) => [block.line, block] as const))(
      "the lines from %d on",
      async (_, { kind, lines }) => {
        if (kind === "machines") return strike(shell, lines);
        if (kind === "ts") {
          const { exitCode, output } = await shell.runProgram(lines.join("\n"));
          expect(output).toBe(shownBy(lines));
          return expect(exitCode).toBe(0);
        }
        const steps = stepsOf(lines);
        const outcomes = await shell.run(steps);
        for (const [index, { command, shown }] of steps.entries()) {
          const { exitCode = -1, output = "" } = outcomes[index] ?? {};
          expect({ command, output: printedText(output) }).toEqual({
            command,
            output: expect.stringMatching(patternOf(shown)),
          });
          expect({ command, exitCode }).toEqual({ command, exitCode: 0 });
        }
      },
    );
  });
});

/** `kill n2, wipe n2`: what the page tells of in words. */
async function strike(shell: MachineShell, orders: readonly string[]) {
  for (const order of orders.join(",").split(",")) {
    const [blow = "", machine = ""] = order.trim().split(" ");
    await shell.strike(blow as Blow, machine);
  }
}
