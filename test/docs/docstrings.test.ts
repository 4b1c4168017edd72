/** What the code says of itself: the first comment of each file, and the docstring of each exported declaration. */
import { globSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

interface SourceFile {
  /** Relative to the project, with slashes. */
  readonly path: string;
  readonly text: string;
}

/** Data, which has no comments; and the page's frame, which browsers are sent as it is. */
const isOther = (path: string) => /\.(?:jsonl?|txt|html)$/.test(path);
const isTypeScript = ({ path }: SourceFile) => /\.tsx?$/.test(path);

function filesIn(folder: string): readonly SourceFile[] {
  return globSync(`${folder}/**/*`, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => `${parentPath}/${name}`.replace(/\\/g, "/"))
    .filter((path) => !isOther(path))
    .map((path) => ({ path, text: readFileSync(path, "utf8") }));
}

/** Whether a comment with words comes first, behind the line that says what runs the file. */
function hasFirstComment(file: SourceFile): boolean {
  const text = file.text.replace(/^#!.*\n/, "");
  const [comment] =
    isTypeScript(file) || file.path.endsWith(".css")
      ? (/^\/\*[\s\S]*?\*\//.exec(text) ?? [])
      : (/^#.*/.exec(text) ?? []);
  return /\w/.test(comment ?? "");
}

const declared =
  /^export (?:(?:default|declare|async|abstract) )*(?:function\*?|const|let|class|interface|type|enum) (\w+)/;
const byDefault = /^export (default)\b/;

/** The exported declarations without a docstring right above. What a file passes on from another has its own there. */
function undocumented({ path, text }: SourceFile): readonly string[] {
  const lines = text.split("\n");
  return lines.flatMap((line, at) => {
    const [, name] = declared.exec(line) ?? byDefault.exec(line) ?? [];
    return name === undefined || hasDocstring(lines.slice(0, at))
      ? []
      : [`${path}:${at + 1} ${name}`];
  });
}

/** Whether the lines end with a docstring that has words. The comment that the file begins with is none. */
function hasDocstring(lines: readonly string[]): boolean {
  const above = lines.filter((line) => !/^\/\/ biome-ignore /.test(line));
  if (!above.at(-1)?.endsWith("*/")) return false;
  const start = above.findLastIndex((line) => /^\/\*/.test(line));
  const comment = above.slice(start).join("\n");
  const isOfFile = above.slice(0, start).every((line) => /^#!/.test(line));
  return !isOfFile && comment.startsWith("/**") && /\w/.test(comment);
}

describe("the code", () => {
  test("every file begins with what it is for", () => {
    const files = ["src", "scripts", "test"].flatMap(filesIn);
    const silent = files.filter((file) => !hasFirstComment(file));
    expect(silent.map(({ path }) => path)).toEqual([]);
    expect(files.length).toBeGreaterThan(500);
  });

  test("every exported declaration of src/ has a docstring", () => {
    const files = filesIn("src").filter(isTypeScript);
    expect(files.flatMap(undocumented)).toEqual([]);
    expect(files.length).toBeGreaterThan(300);
  });
});

describe("the check itself", () => {
  test.each([
    ["x.ts", "/** What it is for. */\n"],
    ["x.ts", "#!/usr/bin/env node\n/**\n * What it is for.\n */\n"],
    ["x.css", "/* What it is for. */\n"],
    ["x.sh", "#!/bin/sh\n# What it is for.\n"],
  ])("%s may begin with %j", (path, text) => {
    expect(hasFirstComment({ path, text })).toBe(true);
  });

  test.each([
    ["x.ts", 'import "./y.ts";\n/** Too late. */\n'],
    ["x.ts", "/** */\nconst words = 1;\n/** Too late. */\n"],
    ["x.ts", "\n/** Behind an empty line. */\n"],
    ["x.sh", "#!/bin/sh\nset -e\n"],
  ])("%s may not begin with %j", (path, text) => {
    expect(hasFirstComment({ path, text })).toBe(false);
  });

  const faults = (code: string) =>
    undocumented({ path: "x.ts", text: `/** The file. */\n${code}` });

  test.each([
    "export const x = 1;",
    "export type X = 1;",
    "export interface X {}",
    "export async function x() {}",
    "export function* x() {}",
    "export abstract class X {}",
    "export default async function x() {}",
    "export default {};",
  ])("%s needs one, and the file's own comment is none", (code) => {
    const whole = `/** Of the constant. */\nconst own = 1;\n${code}`;
    expect(faults(code)).toHaveLength(1);
    expect(faults(`\n${code}`)).toHaveLength(1);
    expect(faults(whole)).toHaveLength(1);
    expect(faults(`\n/** Told. */\n\n${code}`)).toHaveLength(1);
    expect(faults(`\n// Told.\n${code}`)).toHaveLength(1);
    expect(faults(`\n/** */\n${code}`)).toHaveLength(1);
    expect(faults(`\n/** Told. */\n${code}`)).toEqual([]);
    expect(faults(`\n/**\n * Told.\n */\n${code}`)).toEqual([]);
  });

  test.each(['export { x } from "./y.ts";', 'export * from "./y.ts";'])(
    "%s needs none",
    (code) => {
      expect(faults(code)).toEqual([]);
    },
  );
});
