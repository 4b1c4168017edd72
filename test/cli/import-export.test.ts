/** `ringwalk import` and `export` of plain lines: what goes in comes out, lines that cannot go in are told, and nothing is half done. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startMemoryNode, startMemoryRing } from "./in-process.ts";
import { freePort, run, temporaryFolder } from "./processes.ts";

interface Line {
  readonly key: string;
}

function linesOf(ndjson: string): readonly Line[] {
  return ndjson
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line))
    .sort((a: Line, b: Line) => (a.key < b.key ? -1 : 1));
}

/** Keys and values of every kind, as an export writes them. */
function sampleLines(count: number): readonly Line[] {
  return Array.from({ length: count }, (_, index) => {
    const key = `${["plain", "sl/ash", "ü 😀", "a\r\nb", "%2e"][index % 5]}/${index}`;
    switch (index % 4) {
      case 0:
        return {
          key,
          value: `text ${index}`,
          contentType: "text/plain;charset=utf-8",
        };
      case 1:
        return {
          key,
          value: `{"n":${index}}`,
          contentType: "application/json",
        };
      case 2:
        return {
          key,
          base64: Buffer.from([0xff, index % 256]).toString("base64"),
          contentType: "image/png",
        };
      default:
        return {
          key,
          value: "",
          contentType: "text/plain",
          metadata: { owner: "ä", index },
        };
    }
  });
}

test("a ring's export is imported into another ring, and exported from there is the same", async () => {
  const cwd = await temporaryFolder();
  const [one, two] = await startMemoryRing(["one", "two"]);
  const other = await startMemoryNode({ name: "other" });
  const lines = sampleLines(300);
  await writeFile(
    join(cwd, "in.ndjson"),
    lines.map((line) => JSON.stringify(line)).join("\r\n"),
  );
  const imported = await run(["import", "in.ndjson", "--node", one.url], {
    cwd,
  });
  expect(imported).toMatchObject({ code: 0, stderr: "" });
  expect(imported.stdout).toMatch(
    /^300 keys imported in [\d.]+ s \(\d+\/s\), 0 failed\n$/,
  );

  const exported = await run(
    ["export", "--plain", "out.ndjson", "--node", two.url],
    {
      cwd,
    },
  );
  expect(exported.stdout).toMatch(/^300 keys exported in /);
  expect(await readdir(cwd)).toEqual(["in.ndjson", "out.ndjson"]);
  const text = await readFile(join(cwd, "out.ndjson"), "utf8");
  expect(linesOf(text)).toEqual(
    linesOf(lines.map((line) => JSON.stringify(line)).join("\n")),
  );

  const moved = await run(["import", "-", "--json", "--node", other.url], {
    input: text,
  });
  expect(JSON.parse(moved.stdout)).toMatchObject({ imported: 300, failed: 0 });
  const again = await run(["export", "--plain", "--json", "--node", other.url]);
  expect(linesOf(again.stdout)).toEqual(linesOf(text));
  expect(JSON.parse(again.stderr)).toMatchObject({ exported: 300 });
  const some = await run([
    "export",
    "--plain",
    "--prefix",
    "sl/",
    "--node",
    other.url,
  ]);
  expect(linesOf(some.stdout)).toHaveLength(60);
});

test("lines that cannot be stored are told by their number; the others are", async () => {
  const node = await startMemoryNode({ name: "solo" });
  const input = [
    '{"key":"good","value":{"any":["json"]},"ttl":1000}',
    "not json",
    '{"key":"","value":"x"}',
    '{"key":"typo","vlaue":"x"}',
    "",
    '{"key":"fine","value":"x"}',
  ].join("\n");
  const result = await run(["import", "-", "--node", node.url], { input });
  expect(result.code).toBe(1);
  expect(result.stdout).toMatch(/^2 keys imported in .*, 3 failed\n$/);
  expect(result.stderr.trimEnd().split("\n").sort()).toEqual([
    expect.stringMatching(/^line 2: it is not JSON/),
    expect.stringMatching(/^line 3: .*key/),
    expect.stringMatching(/^line 4: /),
  ]);
  const { stdout } = await run(["get", "good", "--json", "--node", node.url]);
  expect(JSON.parse(stdout)).toMatchObject({
    value: '{"any":["json"]}',
    contentType: "application/json",
    ttl: expect.any(Number),
  });
});

test("with no node there, both end at once and leave nothing half done", async () => {
  const cwd = await temporaryFolder();
  const nowhere = `http://127.0.0.1:${await freePort()}`;
  const input = '{"key":"a","value":"x"}\n'.repeat(1000);
  const imported = await run(["import", "-", "--node", nowhere], { input });
  expect(imported).toMatchObject({
    code: 5,
    stdout: "",
  });
  expect(imported.stderr).toMatch(/^unreachable: .*\n$/);
  const exported = await run(["export", "out.ndjson", "--node", nowhere], {
    cwd,
  });
  expect(exported).toMatchObject({ code: 5, stdout: "" });
  expect(await readdir(cwd)).toEqual([]);
});
