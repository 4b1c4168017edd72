/** Findings for people: what is wrong, and below it what to do. */
import { dim, green, red, reset, yellow } from "../colours.ts";
import type { Finding } from "./finding.ts";

const colours = { ok: green, warning: yellow, problem: red } as const;
const width = "problem".length;

/** The text, with colours; the level stands in words as well. */
export function findingsView(findings: readonly Finding[]): string {
  const lines = findings.flatMap(({ level, code, message, next }) => [
    `${colours[level]}${level.padEnd(width)}${reset}  ${printable(message)} ${dim}(${code})${reset}`,
    ...(next === undefined
      ? []
      : [`${" ".repeat(width)}  Next: ${printable(next)}`]),
  ]);
  return `${[...lines, "", summary(findings)].join("\n")}\n`;
}

function summary(findings: readonly Finding[]): string {
  const count = (wanted: Finding["level"]) =>
    findings.filter(({ level }) => level === wanted).length;
  return `${counted(count("problem"), "problem")}, ${counted(count("warning"), "warning")}`;
}

function counted(count: number, word: string): string {
  return `${count === 0 ? "no" : count} ${word}${count === 1 ? "" : "s"}`;
}

/** What nodes say must not move the cursor, nor colour itself. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, "\ufffd");
}
