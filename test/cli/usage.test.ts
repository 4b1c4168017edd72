/** What is refused before any node is asked: one line with a code and the next step, and an exit code. */
import { stripVTControlCharacters } from "node:util";
import { afterEach, describe, expect, test, vi } from "vitest";
import { run } from "../../src/cli/run.ts";
import { freePort } from "./processes.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** Runs a command in this process. */
async function ringwalk(args: readonly string[]) {
  let stderr = "";
  let stdout = "";
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    stderr += text;
    return true;
  });
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    stdout += text;
    return true;
  });
  const code = await run(args);
  vi.restoreAllMocks();
  return { code, stdout, stderr };
}

describe("wrong usage", () => {
  test.each<[string[], number, RegExp]>([
    [
      ["frobnicate"],
      2,
      /^usage: There is no command "frobnicate". See: ringwalk --help\n$/,
    ],
    [["toString"], 2, /^usage: There is no command/],
    [["satus"], 2, /^usage: .*"satus"\. Did you mean status\? See: ringwalk /],
    [["exprot", "x"], 2, /Did you mean export\?/],
    [["x"], 2, /^usage: There is no command "x"\. See/],
    [["get", "a", "--josn"], 2, /'--josn'\. Did you mean --json\? See/],
    [["serve", "--jion", "x"], 2, /Did you mean --join\?/],
    [["token", "mak"], 2, /not mak\. See/],
    [["token", "crate"], 2, /not crate\. Did you mean create\? See/],
    [["get", "a", "--node", "ftp://x"], 2, /^invalid_node: /],
    [["export", "."], 1, /^file_failed: \. cannot be used: it is a folder/],
    [["get"], 2, /^usage: .*KEY.*ringwalk get --help\n$/],
    [["get", "a", "b"], 2, /^usage: .*one argument too many: b/],
    [
      ["get", "a", "--colour"],
      2,
      /^usage: .*'--colour'.*ringwalk get --help\n$/,
    ],
    [["get", "a", "-x"], 2, /^usage: .*'-x'/],
    [["get", "a", "--node"], 2, /^usage: .*--node/],
    [["get", "a", "--node", "--trace"], 2, /^usage: .*--node/],
    [["get", "a", "--json=no"], 2, /^usage: .*--json/],
    [["get", "a", "b", "--", "--json"], 2, /^usage: /],
    [["get", "a", "--consistency", "maybe"], 2, /^usage: /],
    [["get", "a", "--timeout", "soon"], 2, /^usage: /],
    [["get", "a", "--node", "http://a b"], 2, /^invalid_node: /],
    [["get", ""], 2, /^invalid_key: /],
    [["put", "a", "b", "--file", "c"], 2, /^usage: /],
    [
      ["put", "a", "--file", "no-such-file"],
      1,
      /^file_failed: no-such-file cannot be used: there is no such file/,
    ],
    [["increment", "a", "--by", "one"], 2, /^usage: --by one is not a number/],
    [["increment", "a", "--max="], 2, /^usage: --max {2}is not a number/],
    [["touch", "a"], 2, /^usage: Give --ttl SECONDS or --forever/],
    [["touch", "a", "--ttl", "5", "--forever"], 2, /^usage: Give --ttl/],
    [
      ["put", "a", "b", "--metadata", "[1]"],
      2,
      /^usage: --metadata \[1\] is no/,
    ],
    [["put", "a", "b", "--metadata", "{"], 2, /^usage: --metadata \{ is no/],
    [["put", "a", "b", "--ttl=-1.5"], 2, /^usage: /],
    [["put", "a", "b", "--ttl", "-1"], 2, /^usage: --ttl -1 is not a whole/],
    [["put", "a", "b", "--ttl", "0"], 2, /^usage: --ttl 0 is not a whole/],
    [["serve", "--weight", "-1"], 2, /^usage: .*weight/],
    [
      ["get", "a", "--timeout", "-1", "--json"],
      2,
      /^\{"code":"usage","message":"--timeout -1 is not [^"]*","exitCode":2\}\n$/,
    ],
    [["keys", "--scope", "all"], 2, /^usage: /],
    [["join"], 2, /^usage: .*URL/],
    [["remove"], 2, /^usage: .*NAME/],
    [["import"], 2, /^usage: .*FILE/],
    [["import", "no-such-file"], 1, /^file_failed: /],
    [["import", "."], 1, /^file_failed: \. cannot be used: it is a folder/],
    [["import", "-", "--concurrency", "0"], 2, /^usage: /],
    [["export", "no-such-folder/file"], 1, /^file_failed: /],
    [["serve", "-p", "eighty"], 2, /^usage: --port must be a port/],
    [["serve", "-p", "0"], 2, /^usage: .*needs a name/],
    [["serve", "-k", "0.0.0.0"], 2, /^insecure_listen: /],
    [["serve", "--join", "a b"], 2, /^invalid_node: /],
    [["serve", "--config", "no-such-file.json"], 1, /^file_failed: /],
    [["dev", "none"], 2, /^usage: N must be/],
  ])("ringwalk %j", async (args, code, message) => {
    const result = await ringwalk(args);
    expect(result.stderr).toMatch(message);
    expect(result.stderr.trimEnd()).not.toContain("\n");
    expect(result).toMatchObject({ code, stdout: "" });
  });
});

describe("help", () => {
  const commands = [
    "dev",
    "serve",
    "get",
    "put",
    "delete",
    "keys",
    "peers",
    "status",
    "doctor",
    "increment",
    "touch",
    "watch",
    "token",
    "join",
    "leave",
    "replace",
    "remove",
    "import",
    "export",
  ];

  test("lists every command and the exit codes", async () => {
    const { code, stdout } = await ringwalk(["--help"]);
    expect(code).toBe(0);
    for (const name of commands)
      expect(stdout).toMatch(new RegExp(`^  ${name} +[A-Z]`, "m"));
    for (const exitCode of [0, 1, 2, 3, 4, 5, 6])
      expect(stdout).toMatch(new RegExp(`^  ${exitCode}  \\w`, "m"));
    expect(await ringwalk([])).toMatchObject({ code: 0, stdout });
    expect(await ringwalk(["help"])).toMatchObject({ code: 0, stdout });
  });

  test.each(commands)(
    "of %s says what it does, with examples that it would take",
    async (name) => {
      const { code, stdout } = await ringwalk([name, "--help"]);
      expect(code).toBe(0);
      expect(stdout).toMatch(
        new RegExp(`^[A-Z][^\n]*\\.\n\nUSAGE\n  ringwalk ${name}`),
      );
      expect(stdout).toMatch(/\nEXIT CODES\n/);
      expect(stdout).not.toContain("undefined");
      expect(stripVTControlCharacters(stdout)).toBe(stdout);
      expect(
        Math.max(...stdout.split("\n").map((line) => line.length)),
      ).toBeLessThanOrEqual(101);
      expect(stdout).toMatch(new RegExp(`EXAMPLES(\n  .*)*ringwalk ${name}`));
      expect(await ringwalk([name, "x", "-h"])).toMatchObject({
        code: 0,
        stdout,
      });
      expect(await ringwalk(["help", name])).toMatchObject({ code: 0, stdout });
    },
  );

  test("behind -- it is a key", async () => {
    vi.stubEnv("RINGWALK_NODE", `http://127.0.0.1:${await freePort()}`);
    expect(await ringwalk(["get", "--", "--help"])).toMatchObject({ code: 5 });
  });
});

test("--version", async () => {
  expect((await ringwalk(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});
