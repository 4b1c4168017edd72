/** docs/OPERATIONS.md tells whatever a node may say: metrics, states, lines of the log, codes of the start; and docs/alerts.yml names what there is. */
import { globSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { statusOfCode } from "../../src/http/status.ts";
import { createMetrics, type Family } from "../../src/node/metrics.ts";
import { addProcessGauges } from "../../src/runtime/process-gauges.ts";
import { startMemoryNode } from "../http/memory-node.ts";
import { codesIn, fencesOf, page, pages, rowsUnder } from "./markdown.ts";
import { fieldsOf, literalsOf } from "./source-types.ts";

const operations = page("docs/OPERATIONS.md");

/** What the rows below a heading name in their first cells, or in that one. */
function named(heading: string, cell = 0): readonly string[] {
  return rowsUnder(operations, heading).flatMap((row) =>
    codesIn(row[cell] ?? ""),
  );
}

async function allMetrics(): Promise<readonly Family[]> {
  const { node, close } = await startMemoryNode();
  const ofProcess = createMetrics();
  addProcessGauges(ofProcess);
  const families = [...node.metrics.families(), ...ofProcess.families()];
  await close();
  return families;
}

test("every metric has its row, and each row its metric", async () => {
  const there = (await allMetrics()).map(({ name }) => name);
  expect(named("Metrics").toSorted()).toEqual(there.toSorted());
});

describe("states", () => {
  const rows = rowsUnder(operations, "States").map(([where = "", state = ""]) =>
    codesIn(where).flatMap((place) =>
      codesIn(state).map((code) => `${place} ${code}`),
    ),
  );
  const told = rows.flat();
  const api = "src/node/api.ts";

  test.each([
    ["activity", literalsOf(api, "NodeStatus", "activity")],
    ["phase", literalsOf(api, "NodeStatus", "phase")],
    ["health", literalsOf(api, "MemberStatus", "health")],
    ["/ready", readyCodes()],
  ])("of %s are told, and no other", (place, states) => {
    expect(states.length).toBeGreaterThan(1);
    const found = told.filter((each) => each.startsWith(`${place} `));
    expect(found.toSorted()).toEqual(
      states.map((state) => `${place} ${state}`).toSorted(),
    );
  });

  test("the status has no field about what is wrong that is not told", () => {
    const places = named("States");
    // What describes a ring that is well.
    const plain = ["name", "ringId", "epoch", "settings", "members"];
    const more = ["systemMembers", "progress", "importing"];
    const fields = fieldsOf(api, "NodeStatus").filter(
      (field) => ![...plain, ...more, ...inStoreFailure].includes(field),
    );
    expect(fields.filter((field) => !places.includes(field))).toEqual([]);
  });
});

const inStoreFailure = [
  ...["partitionsDone", "partitionsTotal", "keysCopied", "keysImported"],
  ...["code", "message", "failureCount", "lastFailedAt"],
];

function readyCodes(): readonly string[] {
  const source = readFileSync("src/node/readiness.ts", "utf8");
  return [...source.matchAll(/fail\(\s*"(\w+)"/g)].map(([, code = ""]) => code);
}

describe("lines of the log", () => {
  /** All that is written with level warning or error; a message of its caller, as `throttleErrors` passes it on, has no text. */
  const said = globSync("src/**/*.ts", { exclude: ["src/sim/**"] }).flatMap(
    (path) => linesIn(readFileSync(path, "utf8")),
  );
  const rows = named("Lines of the log", 1);
  const isTold = (line: string) =>
    rows.some((row) =>
      row.endsWith(" ...") ? line.startsWith(row.slice(0, -4)) : row === line,
    );

  test("have a row each", () => {
    expect(said.length).toBeGreaterThan(20);
    expect(said.filter((line) => !isTold(line))).toEqual([]);
  });

  test("are there, where a row tells of one", () => {
    const isThere = (row: string) =>
      said.some((line) => line.startsWith(row.replace(/ \.\.\.$/, "")));
    expect(rows.filter((row) => !isThere(row))).toEqual([]);
  });

  test("are found in whatever form the code writes them", () => {
    expect(
      linesIn(
        'log.warn("one", {}); parts.log.error(\n  "two (a)",\n  { x: "no" });',
      ),
    ).toEqual(["one", "two (a)"]);
    expect(linesIn('log.error(is ? "three" : "four", {')).toEqual([
      "three",
      "four",
    ]);
    expect(linesIn('plan.log[level]("five", { failures });')).toEqual(["five"]);
    expect(linesIn('log.info("six")')).toEqual([]);
  });
});

/** The texts before the fields. */
function linesIn(source: string): readonly string[] {
  const calls = source.matchAll(
    /\blog(?:\.(?:warn|error)|\[level\])\(((?:"(?:[^"\\]|\\.)*"|[^"{;])*)/g,
  );
  return [...calls].flatMap(([, before = ""]) =>
    [...before.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text = ""]) => text),
  );
}

test("every code with which a start may end has its row", () => {
  const codes = ["StartErrorCode", "StoreErrorCode"].flatMap((type) =>
    globSync("src/{runtime/start-error,store/store-error}.ts").flatMap((path) =>
      literalsOf(path, type),
    ),
  );
  expect(codes.length).toBeGreaterThan(8);
  const told = named("A node that does not start");
  expect(codes.filter((code) => !told.includes(code))).toEqual([]);
});

// Not a dependency of ours: it comes with our tools, and without it the rules are not read.
const parser = "yaml";
const yaml = await import(parser).catch(() => undefined);

describe.skipIf(!yaml)("alert rules", () => {
  interface Rule {
    readonly alert: string;
    readonly expr: string;
    readonly labels: { readonly severity: "page" | "ticket" };
    readonly annotations: { readonly summary: string };
  }
  function rules(): readonly Rule[] {
    const { groups } = yaml.parse(readFileSync("docs/alerts.yml", "utf8"));
    return groups.flatMap((group: { rules: readonly Rule[] }) => group.rules);
  }

  test("and every other block of YAML on the pages can be read", () => {
    const blocks = pages()
      .flatMap(fencesOf)
      .filter(({ kind }) => kind === "yaml");
    expect(blocks).not.toEqual([]);
    for (const block of blocks)
      expect(yaml.parse(block.lines.join("\n"))).toEqual(expect.any(Object));
  });

  test("each has its row, which says who is called", () => {
    const all = rules().map(({ alert, labels, annotations }) => {
      expect(annotations.summary).not.toBe("");
      expect(["page", "ticket"]).toContain(labels.severity);
      return `\`${alert}\`${labels.severity === "page" ? " (page)" : ""}`;
    });
    const told = rowsUnder(operations, "Alert rules").map(([cell]) => cell);
    expect(told).toEqual(all);
  });

  test("they ask for metrics, labels and codes that there are", async () => {
    const families = new Map(
      (await allMetrics()).map((family) => [family.name, family]),
    );
    for (const { alert, expr } of rules()) {
      const names = [...expr.matchAll(/\b(?:ringwalk|process)_\w+/g)].map(
        ([name]) => name.replace(/_bucket$/, ""),
      );
      expect({
        alert,
        unknown: names.filter((name) => !families.has(name)),
      }).toEqual({ alert, unknown: [] });
      const outcomes = [...expr.matchAll(/outcome=~?"([^"]+)"/g)]
        .flatMap(([, text = ""]) => text.split("|"))
        .filter((code) => !(code in statusOfCode) && code !== "failed");
      expect({ alert, outcomes }).toEqual({ alert, outcomes: [] });
    }
  });
});
