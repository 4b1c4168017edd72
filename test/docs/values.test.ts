/** Numbers and settings that the pages tell: limits, flags with their defaults, dependencies. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { serve } from "../../src/cli/commands/serve.ts";
import { exitCodeHelp } from "../../src/cli/exit-code.ts";
import { commandHelp } from "../../src/cli/help.ts";
import { serveArgs } from "../../src/cli/serve-args.ts";
import * as limits from "../../src/core/limits.ts";
import { type Page, page, pages, proseOf, rowsOf } from "./markdown.ts";

const all = pages();
const limitOf: Readonly<Record<string, number>> = limits;

const factors: Readonly<Record<string, number>> = {
  bytes: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  ms: 1,
  s: 1000,
  min: 60_000,
};

/** What is said of a limit, as a number in the limit's own unit; absent when it is no number. */
function numberIn(said: string, name: string): number | undefined {
  const [, digits, power, unit = ""] =
    /^([\d,]+)(?:\^(\d+))?(?: (bytes|KiB|MiB|ms|s|min))?$/.exec(said) ?? [];
  if (digits === undefined) return undefined;
  const number = Number(digits.replaceAll(",", "")) ** Number(power ?? 1);
  const isSeconds = name.includes("Seconds") && unit === "s";
  return isSeconds ? number : number * (factors[unit] ?? 1);
}

interface Saying {
  readonly place: string;
  readonly name: string;
  readonly said: string;
}

/** Rows `| name | value |`, and mentions such as: 4 MiB (`batchBytesMax`). */
function sayingsOf(page: Page): readonly Saying[] {
  const inRows = rowsOf(page).flatMap(([first = "", said = ""]) => {
    const [, name = ""] = /^`(\w+)`$/.exec(first) ?? [];
    return name in limitOf ? [{ place: page.path, name, said }] : [];
  });
  const value =
    /([\d,]+(?:\^\d+)?(?:\s(?:bytes|KiB|MiB|ms|s|min)\b)?)\s\(`(\w+)`\)/g;
  const inText = [...proseOf(page).matchAll(value)].map(
    ([, said = "", name = ""]) => ({
      place: page.path,
      name,
      said: said.replace(/\s/, " "),
    }),
  );
  return [...inRows, ...inText];
}

function wrongSayings(page: Page): readonly Saying[] {
  return sayingsOf(page).filter(
    ({ name, said }) => numberIn(said, name) !== limitOf[name],
  );
}

describe("limits", () => {
  test("have the values that pages give them", () => {
    expect(all.flatMap(wrongSayings)).toEqual([]);
  });

  test("are all told in PROTOCOL", () => {
    const told = sayingsOf(page("docs/PROTOCOL.md")).map(({ name }) => name);
    const names = Object.keys(limits);
    expect(names.filter((name) => !told.includes(name))).toEqual([]);
  });

  test("a wrong one is found, in a row or in the text", () => {
    const of = (text: string): Page => ({ path: "x.md", text });
    expect(
      wrongSayings(of("| `keyBytesMax` | 1,025 bytes | a key |")),
    ).toHaveLength(1);
    expect(wrongSayings(of("| `keyBytesMax` | 1,024 bytes | a key |"))).toEqual(
      [],
    );
    expect(
      wrongSayings(of("at most 5 MiB (`batchBytesMax`) long")),
    ).toHaveLength(1);
    expect(wrongSayings(of("at most 4 MiB (`batchBytesMax`) long"))).toEqual(
      [],
    );
    expect(wrongSayings(of("| `counterMax` | 2^52 | a counter |"))).toEqual([]);
  });
});

describe("flags of serve", () => {
  const rows = rowsOf(page("README.md")).filter(([cell = ""]) =>
    /^(`-\w`, )?`--[\w-]+`$/.test(cell),
  );

  test("README has those that --help shows, and no other", () => {
    const [options = ""] = commandHelp(serve, 100)
      .split("OPTIONS\n")
      .slice(1)
      .map((text) => text.split("\n\n")[0]);
    const shown = [...options.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(
      ([, flag]) => flag,
    );
    const told = rows.map(([cell = ""]) => /--[\w-]+/.exec(cell)?.[0]);
    expect(shown.length).toBeGreaterThan(15);
    expect(told.toSorted()).toEqual(shown.toSorted());
  });

  test.each(Object.entries(serveArgs))(
    "--%s has its default and its short form",
    (name, arg) => {
      const [cell, said] =
        rows.find(([cell]) => cell?.includes(`\`--${name}\``)) ?? [];
      const [, byDefault = ""] =
        /\(default ([^)]+)\)/.exec(arg.description) ?? [];
      const short = "alias" in arg ? `\`-${arg.alias}\`, ` : "";
      expect([cell, said]).toEqual([`${short}\`--${name}\``, byDefault]);
    },
  );
});

test("README names the files that this version is packed into", () => {
  const { text } = page("README.md");
  const { name, version } = packageJson;
  expect(text).toContain(`./${name}-${version}.tgz`);
  expect(text).toContain(`./${name}_${version}_amd64.deb`);
});

test("README tells every exit code", () => {
  const [, line = ""] =
    /^Exit codes: (.*)$/m.exec(page("README.md").text) ?? [];
  expect([...line.matchAll(/\b\d\b/g)].map(([code]) => Number(code))).toEqual(
    exitCodeHelp.map(([code]) => code),
  );
});

test("the decision on dependencies lists those of package.json, and counts them", () => {
  const decision = page("docs/decisions/0010-dependencies.md");
  const listed = rowsOf(decision).flatMap(
    ([first = ""]) => /^`(.*)`$/.exec(first)?.[1] ?? [],
  );
  expect(listed.toSorted()).toEqual(
    Object.keys(packageJson.dependencies).toSorted(),
  );
  const counts = ["Ten", "Eleven", "Twelve", "Thirteen", "Fourteen", "Fifteen"];
  expect(decision.text).toContain(
    `# 10. ${counts[listed.length - 10]} runtime`,
  );
  const [, all] =
    /With their own dependencies they are (\d+)/.exec(decision.text) ?? [];
  expect(Number(all)).toBe(installedCount());
});

/** Packages that an installation brings: the lock file tells which are for development, for others to bring, or for one system. */
function installedCount(): number {
  const { packages } = JSON.parse(
    readFileSync("package-lock.json", "utf8"),
  ) as { readonly packages: Readonly<Record<string, object>> };
  const others = ["dev", "devOptional", "peer", "os"];
  return Object.entries(packages).filter(
    ([path, told]) => path !== "" && !others.some((mark) => mark in told),
  ).length;
}
