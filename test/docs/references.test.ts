/** What the pages name is there: links, files, npm scripts, commands and their flags. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, posix } from "node:path";
import { describe, expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import type { Command } from "../../src/cli/command.ts";
import {
  anchorsOf,
  codeSpansOf,
  fencesOf,
  linksOf,
  type Page,
  page,
  pages,
} from "./markdown.ts";

const all = pages();
const fileNames = new Set(
  globSync(["*", "{.ci,bin,docs,examples,scripts,src,test}/**/*"]).map((path) =>
    basename(path),
  ),
);

function deadLinks({ path, text }: Page): readonly string[] {
  return linksOf({ path, text })
    .filter((link) => !/^https?:/.test(link))
    .filter((link) => {
      const [file = "", anchor] = link.split("#");
      const target = file ? posix.join(posix.dirname(path), file) : path;
      if (!existsSync(target)) return true;
      return anchor !== undefined && !anchorsOf(page(target)).includes(anchor);
    })
    .map((link) => `${path} links to ${link}`);
}

/** A name with a folder is looked for from the top, in src/ and beside the page; one without, anywhere. */
function missingFiles(page: Page): readonly string[] {
  const places = ["", "src", posix.dirname(page.path)];
  return codeSpansOf(page)
    .filter((name) =>
      /^[\w.@-]+(\/[\w.@-]+)*(\.(ts|mjs|md|json|c)|\/)$/.test(name),
    )
    .filter((name) => !isOfAnother(name))
    .filter((name) =>
      name.includes("/")
        ? !places.some((place) => existsSync(posix.join(place, name)))
        : !fileNames.has(name),
    )
    .map((name) => `${page.path} names ${name}`);
}

const ignored = readFileSync(".gitignore", "utf8").split("\n");

/** Files of other projects, named as such, and what running the project makes. */
function isOfAnother(name: string): boolean {
  return name === "halfsiphash.c" || ignored.includes(name);
}

function unknownScripts({ path, text }: Page): readonly string[] {
  return [
    ...text.matchAll(/\bnpm (?:run (?<run>[\w:-]+)|(?<short>start|test)\b)/g),
  ]
    .map(({ groups }) => groups?.run ?? groups?.short ?? "")
    .filter((script) => !(script in packageJson.scripts))
    .map((script) => `${path} names the script ${script}`);
}

describe.each(all.map((each): [string, Page] => [each.path, each]))(
  "%s",
  (_, each) => {
    test("links to what is there", () => {
      expect(deadLinks(each)).toEqual([]);
    });
    test("names files that are there", () => {
      expect(missingFiles(each)).toEqual([]);
    });
    test("names scripts that package.json has", () => {
      expect(unknownScripts(each)).toEqual([]);
    });
  },
);

/** The lines of shell blocks, which may run for ever and so are only read; comments are dropped. */
function shellLines(): readonly string[] {
  return all
    .flatMap(fencesOf)
    .filter(({ kind }) => kind === "sh")
    .flatMap(({ lines }) => lines)
    .map((line) => line.replace(/\s+#.*$/, ""));
}

/** Commands that stand in a sentence or a table. */
function shortLines(): readonly string[] {
  return all
    .flatMap(codeSpansOf)
    .map((code) => code.replace(/^npx /, ""))
    .filter((code) => /^ringwalk [a-z]/.test(code));
}

async function commandOf(name: string): Promise<Command | undefined> {
  const path = `../../src/cli/commands/${name}.ts`;
  if (!existsSync(new URL(path, import.meta.url))) return undefined;
  const module: Record<string, unknown> = await import(path);
  return Object.values(module).find(
    (value): value is Command =>
      typeof value === "object" && value !== null && "run" in value,
  );
}

test.each([
  ["shell blocks", shellLines().filter((line) => line.startsWith("ringwalk "))],
  ["sentences", shortLines()],
])("commands in %s are there, with these flags", async (_, lines) => {
  expect(lines).not.toEqual([]);
  for (const line of lines) {
    const [, name = "", ...words] = line.split(/\s+/);
    const command = await commandOf(name);
    expect({ line, isThere: command !== undefined }).toEqual({
      line,
      isThere: true,
    });
    const known = Object.entries(command?.args ?? {}).flatMap(([flag, arg]) => [
      `--${flag}`,
      ...("alias" in arg && arg.alias ? [`-${arg.alias}`] : []),
    ]);
    const used = words.filter((word) => /^--?[a-z]/.test(word));
    expect({
      line,
      unknown: used.filter((flag) => !known.includes(flag)),
    }).toEqual({ line, unknown: [] });
  }
});

describe("CONTRIBUTING", () => {
  test("tells every script", () => {
    const { text } = page("CONTRIBUTING.md");
    const names = Object.keys(packageJson.scripts).map((name) =>
      ["start", "test"].includes(name) ? `npm ${name}` : `npm run ${name}`,
    );
    expect(names.filter((name) => !text.includes(name))).toEqual([]);
  });
});

describe("README", () => {
  test("fits in 350 lines", () => {
    expect(readFileSync("README.md", "utf8").split("\n").length).toBeLessThan(
      350,
    );
  });
});

describe("the checks themselves", () => {
  const of = (text: string): Page => ({ path: "docs/x.md", text });

  test("find what is not there", () => {
    expect(deadLinks(of("[a](nowhere.md) [b](#nothing)"))).toHaveLength(2);
    expect(deadLinks(of("[a](glossary.md#nothing)"))).toHaveLength(1);
    expect(missingFiles(of("`core/nothing.ts` and `nothing.ts`"))).toHaveLength(
      2,
    );
    expect(unknownScripts(of("`npm run nothing`"))).toHaveLength(1);
  });

  test("leave alone what is", () => {
    const { text } = page("docs/glossary.md");
    const path = "docs/glossary.md";
    const more = `[a](PROTOCOL.md#leave-remove-force) [b](#the-ring) \`core/limits.ts\` \`limits.ts\` \`npm test\``;
    const found = [deadLinks, missingFiles, unknownScripts].flatMap((check) =>
      check({ path, text: text + more }),
    );
    expect(found).toEqual([]);
  });
});
