/** The project's pages as data: fenced blocks, tables, links, and the names that stand in code. */
import { globSync, readFileSync } from "node:fs";

/** A page as it stands in the checkout. */
export interface Page {
  /** Relative to the project, with slashes. */
  readonly path: string;
  readonly text: string;
}

/** Every page that people read. */
export function pages(): readonly Page[] {
  const found = globSync(["*.md", "docs/**/*.md", "examples/*.md"]).map(
    (path) => path.split("\\").join("/"),
  );
  return found.sort().map(page);
}

/** The page at a path, relative to the project. */
export function page(path: string): Page {
  return { path, text: readFileSync(path, "utf8") };
}

/** A fenced block. */
export interface Fence {
  /** What stands behind the opening fence: `console`, `ts`. */
  readonly kind: string;
  /** Where the block begins, counted from 1. */
  readonly line: number;
  readonly lines: readonly string[];
  /** A comment, and no block. */
  readonly isUnseen?: boolean;
}

/** The fenced blocks of a page, in order. */
export function fencesOf(page: Page): readonly Fence[] {
  return blocksOf(page).filter(({ isUnseen }) => !isUnseen);
}

/** The fenced blocks, and between them comments such as `<!-- machines: kill n2 -->`, which readers do not see, as blocks of that kind. */
export function blocksOf({ text }: Page): readonly Fence[] {
  const fences: Fence[] = [];
  let open: { kind: string; line: number; lines: string[] } | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    const mark = /^```(\w*)$/.exec(line);
    const [, kind, told] = /^<!-- (\w+): (.*) -->$/.exec(line) ?? [];
    if (!open && kind !== undefined && told !== undefined)
      fences.push({ kind, line: index + 1, lines: [told], isUnseen: true });
    if (open && mark) {
      fences.push(open);
      open = undefined;
    } else if (open) open.lines.push(line);
    else if (mark) open = { kind: mark[1] ?? "", line: index + 1, lines: [] };
  }
  return fences;
}

/** The page without its fenced blocks, lines kept. */
export function proseOf({ text }: Page): string {
  let isCode = false;
  return text
    .split("\n")
    .map((line) => {
      const isFence = line.startsWith("```");
      if (isFence) isCode = !isCode;
      return isFence || isCode ? "" : line;
    })
    .join("\n");
}

/** The rows of all tables, each as its cells. */
export function rowsOf(page: Page): readonly (readonly string[])[] {
  return proseOf(page)
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) => line.slice(1, line.lastIndexOf("|")).split("|"))
    .map((cells) => cells.map((cell) => cell.trim()));
}

/** The rows of the tables below a heading, without the head of each. */
export function rowsUnder(
  page: Page,
  heading: string,
): readonly (readonly string[])[] {
  const [, behind = ""] = proseOf(page).split(`\n## ${heading}\n`);
  const [text = ""] = behind.split("\n## ");
  const rows = rowsOf({ ...page, text });
  return rows.filter(
    (row, index) => !isRule(row) && !isRule(rows[index + 1] ?? []),
  );
}

function isRule(row: readonly string[]): boolean {
  return row.length > 0 && row.every((cell) => /^-+:?$/.test(cell));
}

/** The texts between single backticks. */
export function codeSpansOf(page: Page): readonly string[] {
  return codesIn(proseOf(page));
}

/** The same, of a part of a page. */
export function codesIn(text: string): readonly string[] {
  return [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code);
}

/** The targets of inline links. */
export function linksOf(page: Page): readonly string[] {
  return [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(
    ([, target = ""]) => target,
  );
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchorsOf(page: Page): readonly string[] {
  return [...proseOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{Letter}\p{Number} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}
