/** Backups: what was exported comes back as it was, never over what is there, and damage and interruptions lose nothing unseen. */
import { appendFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import {
  createWatermark,
  newPlace,
} from "../../src/cli/backup/import-place.ts";
import { summedLine } from "../../src/cli/backup/line-sum.ts";
import { verifyBackup } from "../../src/cli/backup/verify.ts";
import { linesOf } from "../../src/cli/lines.ts";
import { createByteClient } from "../../src/client/byte-client.ts";
import { entries } from "../../src/client/entries.ts";
import type { RunningServer } from "../../src/runtime/server.ts";
import { startHeldProxy } from "./held-proxy.ts";
import { startMemoryNode } from "./in-process.ts";
import { type Running, run, start, temporaryFolder } from "./processes.ts";

let cwd: string;
beforeEach(async () => {
  cwd = await temporaryFolder();
});

function ringwalk(node: { readonly url: string }, ...args: string[]) {
  return run([...args, "--node", node.url], { cwd });
}

/** All keys with their values, types and metadata, in order; times to live as whether there is one. */
async function contentOf({ url }: { readonly url: string }) {
  const client = createByteClient({ nodes: [url] });
  const found: object[] = [];
  for await (const [key, stored] of entries(client)) {
    const { bytes, revision, ttlSeconds, ...described } = stored;
    const value = Buffer.from(bytes).toString("base64");
    const hasEnd = ttlSeconds !== undefined;
    found.push({ key, value, hasEnd, ...described });
  }
  return found.map((each) => JSON.stringify(each)).sort();
}

async function fill(node: RunningServer, count: number, prefix = "key/") {
  const puts = Array.from({ length: count }, (_, index) => {
    const bytes =
      index % 2 === 0
        ? new TextEncoder().encode(`value ${index} ä`)
        : Uint8Array.of(0xff, index % 256);
    return node.node.put(`${prefix}${index}`, bytes, {
      ...(index % 3 === 0 && { contentType: "text/plain" }),
      ...(index % 5 === 0 && { metadata: `{"index":${index}}` }),
    });
  });
  for (const put of await Promise.all(puts))
    if (!put.ok) throw new Error(put.error.message);
}

async function textOf(file: string): Promise<string> {
  return readFile(join(cwd, file), "utf8");
}

/** Ends a process as a power cut does. */
async function kill(running: Running): Promise<void> {
  running.child.kill("SIGKILL");
  expect((await running.finished).signal).toBe("SIGKILL");
}

describe("a backup", () => {
  test("is restored into an empty ring with types, metadata and ends", async () => {
    const source = await startMemoryNode({ name: "source" });
    const empty = await startMemoryNode({ name: "empty" });
    await fill(source, 300);
    await source.node.put("kept for a day", new Uint8Array(), {
      ttlMs: 86_400_000,
    });
    const strange = new TextEncoder().encode("a\u2028b\u2029c");
    await source.node.put("strange\u2028key", strange, {
      metadata: '{"constructor":1,"__proto__":{"a":2}}',
    });
    const exported = await ringwalk(source, "export", "b.ndjson");
    expect(exported).toMatchObject({ code: 0, stderr: "" });
    expect(exported.stdout).toMatch(/^302 keys exported in /);
    const imported = await ringwalk(empty, "import", "b.ndjson");
    expect(imported).toMatchObject({ code: 0, stderr: "" });
    expect(imported.stdout).toMatch(/^302 keys imported in .*, 0 failed\n$/);
    expect(await contentOf(empty)).toEqual(await contentOf(source));
    const day = await ringwalk(empty, "get", "kept for a day", "--json");
    expect(JSON.parse(day.stdout).ttl).toBeGreaterThan(86_000);
    expect(await readdir(cwd)).toEqual(["b.ndjson"]);
  });

  test("never goes over what is there, unless that is asked for, and then leaves alone what is the same", async () => {
    const ring = await startMemoryNode({ name: "ring" });
    await fill(ring, 4, "user/");
    await ringwalk(ring, "export", "b.ndjson");
    await ringwalk(ring, "put", "user/0", "newer");
    await ringwalk(ring, "delete", "user/1");
    const put = await ringwalk(ring, "put", "since", "then");
    expect(put.code).toBe(0);
    const revisionOf = async (key: string) =>
      JSON.parse((await ringwalk(ring, "get", key, "--json")).stdout).revision;
    const untouched = await revisionOf("user/2");

    const careful = await ringwalk(ring, "import", "b.ndjson");
    expect(careful.stdout).toMatch(
      /^1 keys imported .*, 3 left as they are, for they have a value \(--overwrite\)\n$/,
    );
    expect((await ringwalk(ring, "get", "user/0")).stdout).toBe("newer");
    expect((await ringwalk(ring, "get", "user/1")).code).toBe(0);

    const elsewhere = ["--prefix", "nobody/"];
    const none = await ringwalk(ring, "import", "b.ndjson", ...elsewhere);
    expect(none.stdout).toMatch(/^0 keys imported .*, 0 failed\n$/);

    const over = await ringwalk(ring, "import", "b.ndjson", "--overwrite");
    // user/1 came back under a revision of its own.
    expect(over.stdout).toMatch(
      /^2 keys imported .*, 2 were as in the backup\n$/,
    );
    expect((await ringwalk(ring, "get", "user/0")).stdout).toBe("value 0 ä");
    expect((await ringwalk(ring, "get", "since")).stdout).toBe("then");
    expect(await revisionOf("user/2")).toBe(untouched);
  });

  test("of what is over by now stays over", async () => {
    const ring = await startMemoryNode({ name: "ring" });
    await ringwalk(ring, "put", "session", "x", "--ttl", "100");
    await ringwalk(ring, "export", "b.ndjson");
    // As if the backup were old; its lines are summed anew.
    let running = "";
    const lines = (await textOf("b.ndjson"))
      .trimEnd()
      .split("\n")
      .map((line) => {
        const { sum, ...object } = JSON.parse(line);
        if (object.expiresAt) object.expiresAt = "2020-01-01T00:00:00.000Z";
        const summed = summedLine(object, running);
        running = summed.running;
        return summed.line;
      });
    await writeFile(join(cwd, "old.ndjson"), lines.join(""));
    await ringwalk(ring, "delete", "session");
    const imported = await ringwalk(ring, "import", "old.ndjson");
    expect(imported).toMatchObject({ code: 0, stderr: "" });
    expect(imported.stdout).toMatch(/, 1 left out, for their time was over\n$/);
    expect((await ringwalk(ring, "get", "session")).code).toBe(3);
  });
});

describe("damage", () => {
  let whole: string;
  let ring: RunningServer;
  beforeEach(async () => {
    ring = await startMemoryNode({ name: "ring" });
    await fill(ring, 20);
    whole = (await ringwalk(ring, "export")).stdout;
  });

  async function verdictOf(text: string) {
    const bytes = Buffer.from(text);
    async function* stream() {
      yield bytes;
    }
    return verifyBackup(linesOf(stream(), 1e6, { isLenient: true }));
  }

  test("of any one character, and of any missing, doubled or moved line, is told with its number", async () => {
    expect(await verdictOf(whole)).toMatchObject({ count: 20, damageCount: 0 });
    const bytes = Buffer.from(whole);
    for (let at = 0; at < bytes.length; at += 7) {
      const altered = Buffer.from(bytes);
      altered[at] = (altered[at] ?? 0) ^ 1;
      const lineNumber = bytes.subarray(0, at).toString().split("\n").length;
      const { damage } = await verdictOf(altered.toString("utf8"));
      expect(damage[0]?.number).toBe(lineNumber);
    }
    const lines = whole.trimEnd().split("\n");
    for (let at = 1; at < lines.length - 1; at++) {
      const before = lines.slice(0, at);
      const [line = "", next = "", ...rest] = lines.slice(at);
      for (const spoilt of [
        [...before, next, ...rest],
        [...before, line, line, next, ...rest],
        [...before, next, line, ...rest],
      ]) {
        const { damage } = await verdictOf(spoilt.join("\n"));
        expect(damage[0]?.number).toBeGreaterThan(at);
        expect(damage[0]?.number).toBeLessThanOrEqual(at + 2);
      }
    }
  });

  test("wherever a backup is cut off, that is told", async () => {
    const bytes = Buffer.from(whole.trimEnd());
    for (let length = 0; length < bytes.length; length += 11) {
      const cut = bytes.subarray(0, length).toString("utf8");
      expect((await verdictOf(cut)).damageCount).toBeGreaterThan(0);
    }
  });

  test("nothing of a damaged file is imported, unless what is whole is asked for", async () => {
    const empty = await startMemoryNode({ name: "empty" });
    const lines = whole.split("\n");
    lines[5] = (lines[5] ?? "").replace('"revision"', '"Revision"');
    await writeFile(join(cwd, "bad.ndjson"), lines.join("\n"));
    const verified = await run(["export", "--verify", "bad.ndjson"], { cwd });
    expect(verified).toMatchObject({ code: 1, stdout: "" });
    expect(verified.stderr).toMatch(
      /^line 6: it was torn or altered\.\nbackup_damaged: bad.ndjson is damaged at line 6\..*--skip-damaged\n$/,
    );
    const asJson = await run(["export", "--verify", "bad.ndjson", "--json"], {
      cwd,
    });
    expect(JSON.parse(asJson.stdout)).toMatchObject({
      isWhole: false,
      keys: 19,
      damage: [{ line: 6 }],
    });
    const refused = await ringwalk(empty, "import", "bad.ndjson");
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toMatch(/\nbackup_damaged: /);
    expect(await contentOf(empty)).toEqual([]);
    const rest = ["import", "bad.ndjson", "--skip-damaged"];
    const skipped = await ringwalk(empty, ...rest);
    expect(skipped.code).toBe(1);
    expect(skipped.stderr).toBe("line 6: it was torn or altered.\n");
    expect(skipped.stdout).toMatch(/^19 keys imported .*, 1 failed\n$/);
  });

  test("of a stream ends the import at its line", async () => {
    const empty = await startMemoryNode({ name: "empty" });
    const input = whole.split("\n").toSpliced(9, 1).join("\n");
    const args = ["import", "-", "--node", empty.url];
    const { code, stderr } = await run(args, { cwd, input });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^backup_damaged: Line 10 of the backup: .*\n$/);
  });

  test("a whole file is whole; what is none is told apart, and so is another version", async () => {
    await writeFile(join(cwd, "b.ndjson"), whole);
    const verified = await run(["export", "--verify", "b.ndjson"], { cwd });
    expect(verified.stdout).toMatch(
      /^b.ndjson is whole: 20 keys of ring \S+, read from \S+ to \S+\n$/,
    );
    await writeFile(join(cwd, "plain"), '{"key":"a","value":"b"}\n');
    const plain = await run(["export", "--verify", "plain"], { cwd });
    expect(plain.stderr).toMatch(/^backup_damaged: plain is no backup/);
    const [first = ""] = whole.split("\n");
    const { sum, ...header } = JSON.parse(first);
    const { line } = summedLine({ ...header, version: 2 }, "");
    await writeFile(join(cwd, "later"), line);
    const later = await run(["export", "--verify", "later"], { cwd });
    expect(later.stderr).toMatch(/^backup_version: The backup is of version 2/);
  });
});

describe("killed in the middle", () => {
  test("an export goes on, and is what the ring has", async () => {
    const source = await startMemoryNode({ name: "source" });
    // More than there are between two places where a listing can be gone on with.
    await fill(source, 8300);
    const listing = await fetch(`${source.url}/db?scope=ring&values=1`, {
      headers: { accept: "application/x-ndjson" },
    });
    const place = Buffer.from(await listing.bytes()).indexOf('{"cursor":');
    const proxy = await startHeldProxy(source.url, (path) =>
      path.startsWith("/db") ? place + 2000 : Number.POSITIVE_INFINITY,
    );
    const exporting = start(["export", "b.ndjson", "--node", proxy.url], {
      cwd,
    });
    const draft = () => textOf("b.ndjson.part").catch(() => "");
    await expect.poll(draft, { timeout: 60_000 }).toContain('\n{"cursor":');
    await kill(exporting);
    expect(await readdir(cwd)).toEqual(["b.ndjson.part"]);
    // As if a last write had not reached the disk as a whole.
    await appendFile(join(cwd, "b.ndjson.part"), '{"key":"key/1","val');

    const free = await startHeldProxy(
      source.url,
      () => Number.POSITIVE_INFINITY,
    );
    const resumed = await ringwalk(free, "export", "b.ndjson", "--resume");
    expect(resumed.stderr).toMatch(
      /^b.ndjson.part goes on: the export of \S+ with \d+ keys\.\n$/,
    );
    expect(resumed.stdout).toMatch(/^8300 keys exported in /);
    expect(
      free.paths.filter((path) => /^GET \/db\?.*cursor=/.test(path)),
    ).toHaveLength(1);
    const verified = await run(["export", "--verify", "b.ndjson"], { cwd });
    expect(verified.stdout).toMatch(/is whole: 8300 keys/);
    expect(await readdir(cwd)).toEqual(["b.ndjson"]);
    const keys = (await textOf("b.ndjson"))
      .split("\n")
      .flatMap((line) => /^\{"key":"([^"]*)"/.exec(line)?.[1] ?? []);
    expect(new Set(keys).size).toBe(8300);
    expect(keys).toHaveLength(8300);
  });

  test("an import goes on, does nothing twice, and is what the source has", async () => {
    const source = await startMemoryNode({ name: "source" });
    const target = await startMemoryNode({ name: "target" });
    await fill(source, 3000);
    await ringwalk(source, "export", "b.ndjson");
    let requests = 0;
    const proxy = await startHeldProxy(target.url, (path) => {
      if (path === "/db") requests++;
      return requests < 8 ? Number.POSITIVE_INFINITY : 0;
    });
    const importing = start(
      ["import", "b.ndjson", "--overwrite", "--node", proxy.url],
      { cwd },
    );
    await expect
      .poll(() => requests, { timeout: 60_000 })
      .toBeGreaterThanOrEqual(8);
    await expect
      .poll(() => textOf("b.ndjson.import").catch(() => ""))
      .toMatch(/"line":\d/);
    await kill(importing);

    const other = ["import", "b.ndjson", "--resume"];
    const wrong = await ringwalk(target, ...other);
    expect(wrong).toMatchObject({ code: 2, stdout: "" });
    expect(wrong.stderr).toMatch(/^usage: .* leave out --resume/);
    const resumed = await ringwalk(target, ...other, "--overwrite");
    expect(resumed).toMatchObject({ code: 0 });
    expect(resumed.stderr).toMatch(
      /^It goes on behind line \d+, with \d+ keys imported before\.\n$/,
    );
    // A line that was sent twice is counted as what it was the first time.
    expect(resumed.stdout).toMatch(/^3000 keys imported in .*, 0 failed\n$/);
    expect(await contentOf(target)).toEqual(await contentOf(source));
    expect(await readdir(cwd)).toEqual(["b.ndjson"]);
  });

  test("Ctrl-C ends both with the line that goes on", async () => {
    const ring = await startMemoryNode({ name: "ring" });
    await fill(ring, 30);
    await ringwalk(ring, "export", "b.ndjson");
    const held = await startHeldProxy(ring.url, (path) =>
      path.startsWith("/db") ? 0 : Number.POSITIVE_INFINITY,
    );
    for (const [args, asked] of [
      [["export", "c.ndjson"], "GET /db?"],
      [["import", "b.ndjson"], "POST /db"],
    ] as const) {
      const running = start([...args, "--node", held.url], { cwd });
      await expect
        .poll(() => held.paths.some((path) => path.startsWith(asked)), {
          timeout: 60_000,
        })
        .toBe(true);
      running.child.kill("SIGINT");
      const { code, stderr } = await running.finished;
      expect(code).toBe(1);
      expect(stderr).toMatch(/^interrupted: Stopped.* --resume\n$/);
      expect(stderr).toContain(`ringwalk ${args.join(" ")} --resume`);
    }
  });

  test("without --resume both begin anew, and say so", async () => {
    const ring = await startMemoryNode({ name: "ring" });
    await fill(ring, 30);
    await ringwalk(ring, "export", "b.ndjson");
    const lines = (await textOf("b.ndjson")).split("\n");
    await writeFile(join(cwd, "c.ndjson.part"), lines.slice(0, 9).join("\n"));
    const anew = await ringwalk(ring, "export", "c.ndjson");
    expect(anew.stderr).toMatch(
      /had the export of \S+ with 7 keys, and begins/,
    );
    expect(anew.stdout).toMatch(/^30 keys/);
    await writeFile(join(cwd, "d.ndjson.part"), lines.slice(0, 9).join("\n"));
    const resume = ["export", "d.ndjson", "--resume"];
    const otherPrefix = await ringwalk(ring, ...resume, "--prefix", "k");
    expect(otherPrefix).toMatchObject({ code: 2 });
    const otherRing = await startMemoryNode({ name: "other" });
    expect(await ringwalk(otherRing, ...resume)).toMatchObject({
      stderr: expect.stringMatching(/^wrong_ring: d.ndjson.part is .* of ring/),
    });
    expect((await ringwalk(ring, ...resume)).stdout).toMatch(/^30 keys/);
    const nothing = await ringwalk(ring, "export", "e.ndjson", "--resume");
    expect(nothing.stderr).toMatch(/^There is no e.ndjson.part to go on with/);
  });
});

test("the place of an import counts the lines up to it, and none that comes once more", () => {
  const of = { file: "f", ringId: "r", overwrites: false };
  const watermark = createWatermark(newPlace(of));
  for (const line of [2, 3, 5, 6]) watermark.begin(line);
  watermark.end(3, "imported");
  watermark.end(5, "kept");
  expect(watermark.place()).toMatchObject({ line: 0, imported: 0, kept: 0 });
  watermark.end(2, "left out");
  expect(watermark.place()).toMatchObject({ line: 5, imported: 1, kept: 1 });
  // It is damage, and a key that is whole: both come before the place is behind it.
  watermark.end(6, "failed");
  watermark.begin(6);
  watermark.begin(7);
  expect(watermark.place()).toMatchObject({ line: 5, failed: 0 });
  watermark.end(6, "imported");
  expect(watermark.place()).toMatchObject({ line: 6, imported: 2, failed: 1 });
});
