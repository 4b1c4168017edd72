/** Where a node's settings come from, and which source wins. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CliError } from "../../src/cli/exit-code.ts";
import { serveArgs } from "../../src/cli/serve-args.ts";
import {
  fileSource,
  flagSource,
  variableSource,
} from "../../src/cli/setting-sources.ts";
import {
  resolveSettings,
  type SettingSource,
  settingNames,
} from "../../src/cli/settings.ts";
import { temporaryFolder } from "./processes.ts";

const flags = (given: Record<string, unknown>, join: string[] = []) =>
  flagSource(given, (name) => (name === "join" ? join : []));
const file = (values: Record<string, unknown>): SettingSource => ({
  values,
  describe: (name) => `${name} in the file`,
});

test("without any, the defaults of the docs", () => {
  expect(resolveSettings([])).toEqual({
    port: 8000,
    host: "127.0.0.1",
    name: "node-8000",
    data: join(".ringwalk", "node-8000"),
    "cors-origin": [],
    join: [],
    "join-timeout": 60,
    store: "sqlite",
    "missing-status": 404,
    replace: false,
    insecure: false,
    "log-level": "info",
    "log-format": "text",
  });
});

test("a flag goes before a variable before the file before the default", () => {
  const settings = resolveSettings([
    flags({ port: "1" }),
    variableSource({
      RINGWALK_PORT: "2",
      RINGWALK_ZONE: "z2",
      RINGWALK_HOST: "",
    }),
    file({ port: 3, zone: "z3", weight: 2, host: "::1" }),
  ]);
  expect(settings).toMatchObject({
    port: 1,
    zone: "z2",
    weight: 2,
    host: "::1",
    store: "sqlite",
  });
});

test("name and data folder follow the port", () => {
  const settings = resolveSettings([variableSource({ RINGWALK_PORT: "9001" })]);
  expect(settings).toMatchObject({
    name: "node-9001",
    data: join(".ringwalk", "node-9001"),
  });
});

test("lists come as several flags, or in one variable", () => {
  const variables = variableSource({ RINGWALK_JOIN: "http://a:1, http://b:2" });
  expect(resolveSettings([variables]).join).toEqual([
    "http://a:1",
    "http://b:2",
  ]);
  expect(resolveSettings([flags({}, ["http://c:3"]), variables]).join).toEqual([
    "http://c:3",
  ]);
});

test("every setting has a flag, but for what only a module can say", () => {
  expect(Object.keys(serveArgs).sort()).toEqual(
    [...settingNames.filter((name) => name !== "guarantee"), "config"].sort(),
  );
});

describe("what is wrong is told by where it came from", () => {
  test.each<[SettingSource, RegExp]>([
    [flags({ port: "65536" }), /^--port must be a port/],
    [flags({ port: "8e3" }), /^--port must be a port/],
    [flags({ store: "redis" }), /^--store must be memory, fs or sqlite/],
    [flags({ name: "a b" }), /^--name must have 1 to 64/],
    [
      flags({ "missing-status": "500" }),
      /^--missing-status must be 404 or 200/,
    ],
    [
      flags({ replicas: "8" }),
      /^--replicas must be a whole number from 1 to 7/,
    ],
    [flags({ weight: "-1" }), /^--weight must be a number above 0/],
    [
      variableSource({ RINGWALK_REPLACE: "maybe" }),
      /^RINGWALK_REPLACE must be true or false/,
    ],
    [
      variableSource({ RINGWALK_JOIN_TIMEOUT: "0" }),
      /^RINGWALK_JOIN_TIMEOUT must be a number of seconds/,
    ],
    [
      file({ prot: 8000 }),
      /^There is no setting prot in the file\. Did you mean port\? Known are port, host/,
    ],
    [file({ join: "http://a:1" }), /^join in the file/],
    [file({ "log-level": "loud" }), /^log-level in the file must be debug/],
  ])("%o", (source, message) => {
    expect(() => resolveSettings([source])).toThrow(message);
    expect(() => resolveSettings([source])).toThrow(CliError);
  });
});

describe("a config file", () => {
  async function fileWith(name: string, content: string): Promise<string> {
    const path = join(await temporaryFolder(), name);
    await writeFile(path, content);
    return path;
  }

  test("is JSON", async () => {
    const path = await fileWith(
      "ring.json",
      '{"port": 8003, "missingStatus": 200, "join": ["http://a:1"], "log-level": "error"}',
    );
    expect(resolveSettings([await fileSource(path)])).toMatchObject({
      port: 8003,
      "missing-status": 200,
      join: ["http://a:1"],
      "log-level": "error",
    });
  });

  test("or a module, whose store may be a driver of unstorage", async () => {
    const path = await fileWith(
      "ring.ts",
      `const items: Map<string, unknown> = new Map();
       export default { name: "n" as const, store: { getItem: (key: string) => items.get(key) }, guarantee: "volatile" };`,
    );
    const settings = resolveSettings([await fileSource(path)]);
    expect(settings).toMatchObject({
      name: "n",
      guarantee: "volatile",
      store: { getItem: expect.any(Function) },
    });
  });

  test.each([
    ["ring.json", "{", /is not JSON/],
    ["ring.json", "[]", /must hold an object of settings\./],
    ["ring.mjs", "export const port = 1;", /as its default export/],
    ["ring.mjs", "import './no-such-file.mjs';", /cannot be loaded/],
  ])("%s with %j is refused", async (name, content, message) => {
    const path = await fileWith(name, content);
    await expect(fileSource(path)).rejects.toThrow(message);
  });
});
