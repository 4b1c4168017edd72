/** The layers: imports point one way, and what must be virtual in a simulation enters by ports alone. */
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { describe, expect, test } from "vitest";

/** What each layer may import besides itself: the arrow of docs/ARCHITECTURE.md. `types`: by `import type` alone. */
const layers: Readonly<
  Record<string, { uses: readonly string[]; types?: readonly string[] }>
> = {
  core: { uses: [] },
  ports: { uses: ["core"] },
  store: { uses: ["core", "ports"] },
  transport: { uses: ["core", "ports"] },
  node: { uses: ["core", "ports"] },
  http: { uses: ["core", "ports", "transport", "node"] },
  runtime: { uses: ["core", "ports", "store", "transport", "node", "http"] },
  sim: { uses: ["core", "ports", "store", "transport", "node"] },
  client: { uses: [], types: ["core"] },
  driver: { uses: ["core", "client"] },
  // What a node tells, it tells in these types; nothing of it is in the page.
  dashboard: { uses: ["client"], types: ["core", "node"] },
  cli: {
    uses: [
      "core",
      "ports",
      "store",
      "transport",
      "node",
      "http",
      "runtime",
      "client",
    ],
  },
};

/** These run in workerd or in browsers, where Node.js's modules are missing. */
const everywhere = [
  "core",
  "ports",
  "transport",
  "node",
  "http",
  "client",
  "driver",
  "dashboard",
];

const inSimulation = ["core", "node", "sim"];
const bans: readonly {
  pattern: RegExp;
  layers: readonly string[];
  instead: string;
}[] = [
  {
    pattern: /\bDate\.now\b|\bnew Date\(\)|\bperformance\./,
    layers: inSimulation,
    instead: "the Clock port's now()",
  },
  {
    pattern: /\bsetTimeout\b|\bsetInterval\b/,
    layers: inSimulation,
    instead: "the Clock port's timer()",
  },
  {
    pattern: /\bMath\.random\b/,
    layers: inSimulation,
    instead: "the Random port's fraction()",
  },
  {
    pattern: /\bcrypto\./,
    layers: inSimulation,
    instead: "the Random port's bytes()",
  },
  {
    pattern: /(?<![.\w])fetch\(/,
    layers: inSimulation,
    instead: "the Transport port",
  },
  {
    pattern: /\basync\b|\bawait\b|\bPromise[.<]|\bnew Promise\b/,
    layers: ["core"],
    instead: "a step function whose effects node/ runs",
  },
];

interface SourceFile {
  /** Relative to the project, with slashes. */
  readonly path: string;
  readonly text: string;
}

function layerOf(path: string): string {
  return (path.split("/")[1] ?? "").replace(/\.ts$/, "");
}

/** The code with its comments blanked out, lines kept. */
function withoutComments(text: string): string {
  const blank = (comment: string) => comment.replace(/[^\n]/g, " ");
  return text
    .replace(/\/\*[\s\S]*?\*\//g, blank)
    .replace(/(?<=^|[\s;{(,])\/\/.*$/gm, blank);
}

interface Import {
  readonly line: number;
  readonly target: string;
  readonly isType: boolean;
}

function importsOf({ text }: SourceFile): readonly Import[] {
  const code = withoutComments(text);
  const statement =
    /\b(?:import|export)\s+(type\s)?[^;"']*?from\s*["']([^"']+)["']|\bimport\s*\(?\s*["']([^"']+)["']/g;
  return [...code.matchAll(statement)].map((match) => ({
    line: lineAt(code, match.index),
    target: match[2] ?? match[3] ?? "",
    isType: match[1] !== undefined,
  }));
}

function lineAt(text: string, at: number): number {
  return text.slice(0, at).split("\n").length;
}

function importFaults(file: SourceFile): readonly string[] {
  const from = layerOf(file.path);
  const layer = layers[from];
  if (!layer)
    return [
      `${file.path}: give the layer ${from} its place in test/layers.test.ts`,
    ];
  return importsOf(file).flatMap(({ line, target, isType }) => {
    const place = `${file.path}:${line}`;
    if (target.startsWith("node:"))
      return everywhere.includes(from)
        ? [
            `${place} imports ${target}: ${from} runs where Node.js is not; a runtime or a store may do it`,
          ]
        : [];
    if (!target.startsWith(".") || target.endsWith(".json")) return [];
    const to = layerOf(posix.join(posix.dirname(file.path), target));
    const isAllowed =
      to === from ||
      layer.uses.includes(to) ||
      (isType && layer.types?.includes(to));
    return isAllowed
      ? []
      : [`${place} imports ${target}: ${from} must not know ${to}`];
  });
}

function banFaults(file: SourceFile): readonly string[] {
  const from = layerOf(file.path);
  const lines = withoutComments(file.text).split("\n");
  return lines.flatMap((line, at) =>
    bans.flatMap(({ pattern, layers, instead }) => {
      const found = layers.includes(from) && pattern.exec(line);
      return found
        ? [
            `${file.path}:${at + 1} uses ${found[0]}: in ${from}, take ${instead}`,
          ]
        : [];
    }),
  );
}

function sourceFiles(): readonly SourceFile[] {
  return readdirSync("src", { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => `src/${name.split("\\").join("/")}`)
    .map((path) => ({ path, text: readFileSync(join(path), "utf8") }));
}

describe("layers", () => {
  test("imports point one way", () => {
    expect(sourceFiles().flatMap(importFaults)).toEqual([]);
  });

  test("time, chance and the network enter by ports", () => {
    // The simulator's command ends by real time when it is told how many minutes to take.
    const files = sourceFiles().filter(
      ({ path }) => path !== "src/sim/main.ts",
    );
    expect(files.flatMap(banFaults)).toEqual([]);
  });
});

describe("the check itself", () => {
  const core = (text: string) => ({ path: "src/core/sample.ts", text });

  test.each([
    ['import { x } from "../node/x.ts";', "core must not know node"],
    ['import {\n  x,\n  y,\n} from "../ports.ts";', "core must not know ports"],
    ['export { x } from "../store/x.ts";', "core must not know store"],
    ['const x = await import("../http/x.ts");', "core must not know http"],
    ['import "node:fs";', "core runs where Node.js is not"],
  ])("%s is found", (text, fault) => {
    expect(importFaults(core(text)).join()).toContain(fault);
  });

  test("types may be imported where only types may", () => {
    const client = (text: string) =>
      importFaults({ path: "src/client/sample.ts", text });
    expect(client('import type { X } from "../core/x.ts";')).toEqual([]);
    expect(client('import { x } from "../core/x.ts";')).toHaveLength(1);
    expect(client('import { type X } from "../core/x.ts";')).toHaveLength(1);
  });

  test("a layer that nobody placed is found", () => {
    expect(importFaults({ path: "src/new/x.ts", text: "" })).toHaveLength(1);
  });

  test.each([
    ["const at = Date.now();", "the Clock port's now()"],
    ["const at = new Date();", "the Clock port's now()"],
    ["setTimeout(run, 5);", "the Clock port's timer()"],
    ["if (Math.random() < 0.5) return;", "the Random port's fraction()"],
    ["crypto.randomUUID();", "the Random port's bytes()"],
    ["fetch(url);", "the Transport port"],
    ["async () => {};", "a step function"],
  ])("%s is found, and its replacement named", (text, instead) => {
    expect(banFaults(core(text)).join()).toContain(instead);
  });

  test("comments, and layers that may, are left alone", () => {
    expect(
      banFaults(
        core(
          "/** No Date.now here.\n * Nor fetch(x). */\nconst a = 1; // or Math.random",
        ),
      ),
    ).toEqual([]);
    expect(banFaults({ path: "src/runtime/x.ts", text: "Date.now()" })).toEqual(
      [],
    );
    expect(banFaults(core("transport.fetch(url)"))).toEqual([]);
  });
});
