/** The texts of `--help`. */
import type { ArgDef, ArgsDef } from "citty";
import type { Command } from "./command.ts";
import { exitCodeHelp } from "./exit-code.ts";

/** A name and what it means, for a list in two columns. */
type Entry = readonly [name: string, meaning: string];

const indent = "  ";
/** Names that are longer get a line of their own. */
const nameWidthMax = 26;

/** The help of one command, in lines of at most `width` characters where words allow it. */
export function commandHelp(
  { name, description, args, examples }: Command,
  width: number,
): string {
  const positionals = Object.entries(args).filter(isPositional);
  const flags = Object.entries(args).filter((entry) => !isPositional(entry));
  const usage = ["ringwalk", name, ...positionals.map(placeOf)].join(" ");
  return sections([
    [`${description}.`],
    ["USAGE", `${indent}${usage} [OPTIONS]`],
    ["ARGUMENTS", ...columns(positionals.map(describe), width)],
    ["OPTIONS", ...columns(flags.flatMap(describeFlag), width)],
    ["EXAMPLES", ...examples.map((example) => indent + example)],
    exitCodes(width),
  ]);
}

/** The help of `ringwalk` itself: all commands with what they do. */
export function overview(
  descriptions: ReadonlyMap<string, string>,
  { version, width }: { readonly version: string; readonly width: number },
): string {
  return sections([
    [
      `ringwalk ${version}: a distributed hash table whose nodes are edge workers.`,
    ],
    ["USAGE", `${indent}ringwalk COMMAND [OPTIONS]`],
    ["COMMANDS", ...columns([...descriptions], width)],
    [
      "EXAMPLES",
      `${indent}ringwalk dev`,
      `${indent}ringwalk serve -p 8000`,
      `${indent}ringwalk serve -p 8001 --join http://127.0.0.1:8000`,
      `${indent}ringwalk put greeting hello`,
      `${indent}ringwalk get greeting`,
    ],
    exitCodes(width),
    [
      "ringwalk COMMAND --help tells more about a command; RINGWALK_DEBUG=1 shows stack traces.",
    ],
  ]);
}

function exitCodes(width: number): readonly string[] {
  const entries = exitCodeHelp.map(
    ([code, meaning]): Entry => [String(code), meaning],
  );
  return ["EXIT CODES", ...columns(entries, width)];
}

/** Sections with nothing but a heading are left out. */
function sections(parts: readonly (readonly string[])[]): string {
  const isFilled = ([heading, ...lines]: readonly string[]) =>
    lines.length > 0 || heading !== heading?.toUpperCase();
  const texts = parts.filter(isFilled).map((lines) => lines.join("\n"));
  return `${texts.join("\n\n")}\n`;
}

function isPositional([, { type }]: readonly [string, ArgDef]): boolean {
  return type === "positional";
}

function placeOf([name, { required }]: readonly [string, ArgDef]): string {
  const place = name.toUpperCase();
  return required === false ? `[${place}]` : place;
}

function describe([name, { description = "" }]: readonly [
  string,
  ArgDef,
]): Entry {
  return [name.toUpperCase(), description];
}

function describeFlag([name, definition]: [string, ArgsDef[string]]): Entry[] {
  const { type, valueHint, description = "" } = definition;
  const [alias] = "alias" in definition ? [definition.alias].flat() : [];
  const short = alias === undefined ? "" : `-${alias}, `;
  const value = type === "boolean" ? "" : ` ${placeholder(valueHint ?? name)}`;
  // What is on unless it is switched off is shown by the flag that switches it off.
  if ("negativeDescription" in definition && definition.default === true)
    return [[`--no-${name}`, definition.negativeDescription ?? ""]];
  return [[`${short}--${name}${value}`, description]];
}

/** A choice is shown as it is written, anything else as a place to fill. */
function placeholder(hint: string): string {
  return hint.includes("|") ? hint : hint.toUpperCase();
}

/** Names on the left, their meanings beside them, wrapped. */
function columns(entries: readonly Entry[], width: number): readonly string[] {
  const widths = entries.map(([name]) => name.length);
  const left = Math.min(nameWidthMax, Math.max(0, ...widths));
  const gap = " ".repeat(indent.length + left + 2);
  return entries.flatMap(([name, meaning]) => {
    const [first = "", ...rest] = wrap(meaning, width - gap.length);
    const beside =
      name.length <= left
        ? [`${indent}${name.padEnd(left)}  ${first}`]
        : [`${indent}${name}`, gap + first];
    return [...beside, ...rest.map((line) => gap + line)];
  });
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
