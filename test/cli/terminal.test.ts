/** What depends on where output goes: colours, bars, and whether a browser is opened. */
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterEach, describe, expect, test, vi } from "vitest";
import { mayOpenBrowser } from "../../src/cli/browser.ts";
import { canRedraw, wantsColour } from "../../src/cli/output.ts";
import { startMemoryNode } from "./in-process.ts";
import {
  freePort,
  noTerminals,
  run,
  startInTerminal,
  temporaryFolder,
} from "./processes.ts";

afterEach(() => vi.unstubAllEnvs());

const terminal = { isTTY: true };
const pipe = {};

describe("colours", () => {
  test.each([
    [terminal, {}, true],
    [pipe, {}, false],
    [terminal, { NO_COLOR: "1" }, false],
    [terminal, { NO_COLOR: "" }, true],
    [pipe, { FORCE_COLOR: "1" }, true],
    [pipe, { FORCE_COLOR: "1", NO_COLOR: "1" }, true],
    [terminal, { FORCE_COLOR: "0" }, false],
    [terminal, { FORCE_COLOR: "" }, true],
  ])("on %j with %j: %j", (screen, environment, isWanted) => {
    expect(wantsColour(screen, environment)).toBe(isWanted);
  });

  test("a terminal that cannot move its cursor has no bars and no colours", () => {
    vi.stubEnv("TERM", "dumb");
    expect([canRedraw(terminal), wantsColour(terminal, {})]).toEqual([
      false,
      false,
    ]);
  });

  test("of status: none in a pipe, unless they are asked for", async () => {
    const { url } = await startMemoryNode({ name: "solo" });
    const status = async (env: Record<string, string>) =>
      (await run(["status", "--node", url], { env })).stdout;
    const plain = await status({ NO_COLOR: "" });
    const colour = await status({ NO_COLOR: "", FORCE_COLOR: "1" });
    expect(plain).toBe(stripVTControlCharacters(plain));
    expect(colour).toContain("\u001b[32mok (asked)");
    expect(stripVTControlCharacters(colour)).toBe(plain);
  });
});

/** A desktop without a browser of its own. */
function noApplications(folder: string): Record<string, string> {
  const names = ["DATA_DIRS", "DATA_HOME", "CONFIG_DIRS", "CONFIG_HOME"];
  return Object.fromEntries(names.map((name) => [`XDG_${name}`, folder]));
}

describe("the browser is opened", () => {
  const sits = {
    env: { DISPLAY: ":0" },
    platform: "linux",
    isTerminal: true,
  } as const;
  test.each<[string, boolean, Partial<Parameters<typeof mayOpenBrowser>[0]>]>([
    ["at a terminal with a screen", true, {}],
    ["on Wayland", true, { env: { WAYLAND_DISPLAY: "wayland-0" } }],
    ["on macOS", true, { env: {}, platform: "darwin" }],
    ["on Windows", true, { env: {}, platform: "win32" }],
    ["in WSL", true, { env: { WSL_DISTRO_NAME: "Debian" } }],
    [
      "over SSH with a screen",
      true,
      { env: { SSH_TTY: "/dev/pts/0", DISPLAY: "localhost:10.0" } },
    ],
    ["in a pipe", false, { isTerminal: false }],
    ["in CI", false, { env: { DISPLAY: ":0", CI: "true" } }],
    ["without a screen", false, { env: {} }],
    [
      "over SSH without one",
      false,
      { env: { SSH_CONNECTION: "a b" }, platform: "darwin" },
    ],
    ["with BROWSER=none", false, { env: { DISPLAY: ":0", BROWSER: "none" } }],
  ])("%s: %j", (_, isOpened, more) => {
    expect(mayOpenBrowser({ ...sits, ...more })).toBe(isOpened);
  });

  test.skipIf(noTerminals)("by dev, at the first node's page", async () => {
    const cwd = await temporaryFolder();
    const port = await freePort();
    const browser = join(cwd, "browser");
    await writeFile(browser, `#!/bin/sh\necho "$1" > ${join(cwd, "opened")}\n`);
    await chmod(browser, 0o700);
    const dev = startInTerminal(
      ["dev", "1", "--port", String(port), "--store", "memory"],
      {
        cwd,
        env: { ...noApplications(cwd), DISPLAY: ":99", BROWSER: browser },
      },
    );
    const url = `http://127.0.0.1:${port}/`;
    await expect
      .poll(() => readFile(join(cwd, "opened"), "utf8").catch(() => ""), {
        timeout: 60_000,
      })
      .toBe(`${url}\n`);
    expect(dev.shown()).toContain(`Dashboard: ${url}`);
    dev.type("\u0003");
    expect(await dev.ended).toBe(0);
  });
});
