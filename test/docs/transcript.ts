/** A console block as commands with what they print, and the comparison of what is shown with what was printed. */

/** A command of a console block. */
export interface Step {
  /** The one that its prompt names; absent: it names none. */
  readonly machine?: string;
  readonly command: string;
  /** The lines below the command. */
  readonly shown: readonly string[];
}

/** The commands of a block: lines that begin with `$ ` or `n1$ `; those below with `> ` belong to the same command. */
export function stepsOf(lines: readonly string[]): readonly Step[] {
  const steps: { machine?: string; command: string; shown: string[] }[] = [];
  for (const line of lines) {
    const [, machine, command] = /^(n\d)?\$ (.*)$/.exec(line) ?? [];
    const step = steps.at(-1);
    if (command !== undefined)
      steps.push({ ...(machine && { machine }), command, shown: [] });
    else if (!step) throw new Error(`an answer without a command: ${line}`);
    else if (line.startsWith("> ")) step.command += `\n${line.slice(2)}`;
    else step.shown.push(line);
  }
  return steps;
}

/**
 * Matches what was printed: `...` in a line stands for any characters, a line of `...` alone for any lines.
 * Compare with what `printedText` makes of a text.
 */
export function patternOf(shown: readonly string[]): RegExp {
  const lines = shown.map((line) =>
    line === "..."
      ? "(?:.*\n)*"
      : `${normalised(line).split("...").map(escapeRegExp).join(".*")}\n`,
  );
  return new RegExp(`^${lines.join("")}$`);
}

/** Without what a terminal does not show, or a table's width decides; each line ended. */
function normalised(text: string): string {
  const lines = text
    .replaceAll("\r", "")
    .replace(/─+/g, "─")
    .replace(/ +/g, " ")
    .split("\n")
    .map((line) => line.trimEnd());
  return lines.join("\n").replace(/\n+$/, "");
}

/** What a program prints, by the comments behind its `console.log`. */
export function shownBy(lines: readonly string[]): string {
  const shown = lines.flatMap(
    (line) => /console\.log\(.*\); \/\/ (.*)$/.exec(line)?.[1] ?? [],
  );
  return shown.map((line) => `${line}\n`).join("");
}

/** What was printed, in the form that `patternOf` expects. */
export function printedText(text: string): string {
  const lines = normalised(text);
  return lines === "" ? "" : `${lines}\n`;
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
