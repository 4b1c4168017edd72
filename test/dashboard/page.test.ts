/** The page in a real browser, over a ring of five processes: what it shows as nodes come, go and die, and what one can do with it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type NodeProcess, type Nodes, nodesIn } from "../e2e/nodes.ts";
import { until } from "../e2e/until.ts";
import { violationsOf } from "./axe.ts";
import { noBrowser, openPage, phone, startBrowser } from "./browser.ts";

if (noBrowser !== undefined) console.log(`skipped: ${noBrowser}`);

describe.skipIf(noBrowser !== undefined)("the page", () => {
  let folder: string;
  let nodes: Nodes;
  let ring: NodeProcess[];
  let browser: Browser;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "ringwalk-page-"));
    nodes = nodesIn(folder, { store: "memory", partitions: 64 });
    [browser, ring] = await Promise.all([
      startBrowser(),
      nodes.startRing(["n0", "n1", "n2", "n3", "n4"]),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await nodes?.end();
    await rm(folder, { recursive: true, force: true });
  });

  const node = (at: number): NodeProcess => {
    const found = ring[at];
    if (!found) throw new Error(`there is no node ${at}`);
    return found;
  };
  const put = (key: string, body: string, type = "text/plain") =>
    fetch(`${node(1).url}/db?${new URLSearchParams({ key })}`, {
      method: "PUT",
      body,
      headers: { "content-type": type },
    });
  const get = async (key: string) =>
    (await fetch(`${node(2).url}/db?${new URLSearchParams({ key })}`)).text();

  async function open(at = 0, options = {}) {
    const opened = await openPage(browser, node(at).url, options);
    await untilRows(opened.page, 5);
    return opened;
  }

  test("shows five members, live, and asks nobody but its node", async () => {
    const { page, requested, faults } = await open();
    const rows = page.locator("tbody tr");
    expect(await rows.locator("th button").allTextContents()).toEqual([
      "n0",
      "n1",
      "n2",
      "n3",
      "n4",
    ]);
    await page.getByText("Live", { exact: true }).waitFor();
    // Each member tells of itself: how many records it has, in the third column.
    await until(
      async () =>
        !(await rows.locator("td:nth-child(4)").allTextContents()).includes(
          "–",
        ),
      "every member has told how it fares",
    );
    const picture = page.getByRole("img", { name: /A ring of 5 members/ });
    expect(await picture.locator(".member").count()).toBe(5);
    // Where a key falls shows while it is typed.
    await page.getByRole("searchbox").fill("any key");
    await page
      .getByRole("img", { name: /the key any key is kept by/ })
      .waitFor();
    await page.getByRole("searchbox").fill("");
    await page.locator(".walk").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "n3", exact: true }).click();
    await page.locator(".drawing .member.chosen").waitFor();
    expect(faults).toEqual([]);
    const places = new Set(requested.map((url) => new URL(url).origin));
    expect([...places]).toEqual([node(0).url]);
    await page.context().close();
  });

  test("a key is put, read and deleted, at the revision that was seen", async () => {
    const { page, faults } = await open();
    await page.getByRole("button", { name: "New key" }).click();
    await page.getByLabel("Key", { exact: true }).fill("page/one");
    await page.getByLabel("Value", { exact: true }).fill("two\nlines");
    await page.getByLabel("Seconds to live").fill("3600");
    await page.getByLabel("Metadata").fill('{"owner":"å"}');
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("All replicas hold the same.").waitFor();
    expect(await get("page/one")).toBe("two\nlines");
    expect(await page.locator(".holders li").count()).toBe(3);
    expect(await page.getByLabel("Metadata").inputValue()).toContain("\\u00e5");
    expect(await page.locator(".walk .pin").count()).toBe(1);

    await put("page/one", "dos\r\nlines");
    await page.getByRole("button", { name: "Look again" }).click();
    await until(
      async () =>
        (await page.getByLabel("Value", { exact: true }).inputValue()) ===
        "dos\nlines",
      "what another wrote is there",
    );
    await page.getByLabel("Value", { exact: true }).fill("more\ndos\nlines");
    await page.getByRole("button", { name: "Save" }).click();
    await until(
      async () => (await get("page/one")) === "more\r\ndos\r\nlines",
      "its line ends stay as they were",
    );
    await page.getByText("Saved.").waitFor();

    await put("page/one", "another's");
    await page.getByLabel("Value", { exact: true }).fill("mine");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Somebody has changed this key").waitFor();
    expect(await get("page/one")).toBe("another's");
    await page.getByRole("button", { name: "Load what is there now" }).click();
    await until(
      async () =>
        (await page.getByLabel("Value", { exact: true }).inputValue()) ===
        "another's",
      "the newest value is there",
    );
    await page.getByRole("button", { name: "Delete…" }).click();
    await page.getByRole("button", { name: "Delete it" }).click();
    await page.getByText("Choose a key, or type one").waitFor();
    expect(await get("page/one")).toBe("");
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test("keys are found by their beginning, page by page", async () => {
    const lines = Array.from({ length: 60 }, (_, index) =>
      JSON.stringify({ op: "put", key: `many/${index}`, value: "x" }),
    );
    await fetch(`${node(1).url}/db`, {
      method: "POST",
      headers: { "content-type": "application/x-ndjson" },
      body: lines.join("\n"),
    }).then((answer) => answer.text());
    const { page } = await open();
    await page.getByRole("searchbox").fill("many/");
    await page.getByText("50 keys, and more").waitFor();
    await page.getByRole("button", { name: "More" }).click();
    await page.getByText("60 keys", { exact: true }).waitFor();
    await page.getByRole("searchbox").fill("many/59");
    await page.getByText("1 key", { exact: true }).waitFor();
    await page.context().close();
  });

  test("what is stored never runs, whatever it is", async () => {
    const attack = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`;
    await put(`evil/${attack}`, attack, "text/html");
    await put("evil/\u0001", "\u0000\u0001<b>");
    const { page, faults } = await open();
    await page.getByRole("searchbox").fill("evil/");
    await page.getByText("2 keys").waitFor();
    await page.getByRole("button", { name: attack }).click();
    await page.getByText("All replicas hold the same.").waitFor();
    expect(await page.getByLabel("Value", { exact: true }).inputValue()).toBe(
      attack,
    );
    await page
      .locator(".key-list button")
      .filter({ hasNotText: "img" })
      .click();
    const bytes = page.getByLabel("The beginning of the value");
    expect(await bytes.textContent()).toMatch(/^000000 {2}00 01 3c 62 3e /);
    expect(await page.locator("main img, main script, main b b").count()).toBe(
      0,
    );
    expect(await page.evaluate("window.hacked")).toBeUndefined();
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test("a node is added, and leaves, and both are seen", async () => {
    const sixth = await nodes.start("n5", "--partitions", "64");
    const { page } = await open(0);
    await page.getByRole("button", { name: "Add a node" }).click();
    await page.getByLabel("Url of the node").fill("http://127.0.0.1:1");
    await page.getByRole("button", { name: "Add it" }).click();
    await page.getByRole("alert").getByText("join_unreachable").waitFor();
    await page.evaluate(watchCentre);
    await page.getByLabel("Url of the node").fill(sixth.url);
    await page.getByRole("button", { name: "Add it" }).click();
    await page.getByRole("log").getByText("n5 has joined").waitFor();
    await untilRows(page, 6);
    const seen = await page.evaluate<string[]>("window.centres");
    expect(seen.join("\n")).toMatch(
      /n5 joins(about to move|\d+ partitions? to go|all partitions moved)/,
    );
    await page.getByRole("button", { name: "Remove: n5" }).click();
    await page.getByText("n5 hands its").waitFor();
    await page.getByRole("button", { name: "Remove it" }).click();
    await page.getByRole("log").getByText("n5 has left").waitFor();
    await untilRows(page, 5);
    expect(await page.getByRole("log").textContent()).toMatch(
      /n5 has left.*n5 is leaving.*n5 has joined.*n5 is joining/,
    );
    await sixth.stop();
    await page.context().close();
  });

  test("everything can be done by keyboard", async () => {
    await put("typed", "by hand");
    const { page } = await open();
    const press = (key: string) => page.keyboard.press(key);
    await tabTo(page, "Find by prefix");
    await page.keyboard.type("typed");
    await press("Enter");
    await page.getByText("All replicas hold the same.").waitFor();
    expect(await focused(page)).toContain("typed");
    await tabTo(page, "Value");
    await press("Control+A");
    await page.keyboard.type("by keys");
    await tabTo(page, "Save");
    await press("Enter");
    await page.getByText("Saved.").waitFor();
    expect(await get("typed")).toBe("by keys");
    // The form is a new one: the focus is not lost with the old one.
    expect(await focused(page)).toBe("typed");
    await tabTo(page, "Delete…");
    await press("Enter");
    await page.getByRole("dialog").waitFor();
    // What does no harm has the focus, and the dialog keeps it.
    expect(await focused(page)).toBe("Cancel");
    await press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await focused(page)).toBe("Delete…");
    expect(await get("typed")).toBe("by keys");
    await page.context().close();
  });

  const dialogs = [
    "Token: none given",
    "Add a node",
    "Remove: n3",
    "Delete…",
  ] as const;
  test.each<[string, BrowserContextOptions, readonly string[]]>([
    ["light", {}, dialogs],
    ["dark", { colorScheme: "dark" }, ["Remove: n3"]],
    ["on a phone", { viewport: phone }, ["Add a node"]],
  ])("axe finds no serious fault: %s", async (_, options, names) => {
    await put("axe/key", "value");
    const { page } = await open(0, options);
    await page.getByRole("searchbox").fill("axe/key");
    await page.getByText("1 key", { exact: true }).waitFor();
    await page.getByRole("button", { name: "axe/key" }).click();
    await page.getByText("All replicas hold the same.").waitFor();
    expect(await violationsOf(page)).toEqual([]);
    const width = await page.evaluate("document.documentElement.scrollWidth");
    expect(width).toBeLessThanOrEqual(options.viewport?.width ?? 1280);
    for (const name of names) {
      await page.getByRole("button", { name, exact: true }).click();
      await page.getByRole("dialog").waitFor();
      expect({ name, found: await violationsOf(page) }).toEqual({
        name,
        found: [],
      });
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
    }
    await page.context().close();
  });

  test("a member that is killed shows as down; when the page's own node is, it says so and names the others", async () => {
    const { page } = await open(0);
    await node(4).kill();
    await page.getByRole("log").getByText("n4 is down").waitFor();
    const row = page.locator("tbody tr").filter({ hasText: "n4" });
    expect(await row.textContent()).toContain("down");
    await page.getByText("Start it again; if it is gone for good").waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await node(0).kill();
    await page.getByText("n0 does not answer.").waitFor();
    const link = page.getByRole("link", { name: "n1" });
    expect(await link.getAttribute("href")).toBe(node(1).url);
    expect(await violationsOf(page)).toEqual([]);
    await page.context().close();
  });
});

async function untilRows(page: Page, count: number): Promise<void> {
  await until(
    async () => (await page.locator("tbody th").count()) === count,
    `the table has ${count} members`,
  );
}

/** Keeps every text that stands in the middle of the ring. */
const watchCentre = `
  window.centres = [];
  new MutationObserver(() => {
    window.centres.push(document.querySelector(".centre")?.textContent ?? "");
  }).observe(document.querySelector(".drawing"), {
    childList: true, characterData: true, subtree: true,
  });
`;

/** The text, the label or the hint of what has the focus. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (
      element instanceof HTMLInputElement ||
      element instanceof HTMLTextAreaElement
    )
      return `${element.labels?.[0]?.textContent} ${element.placeholder}`;
    return element?.textContent ?? "";
  });
}

async function tabTo(page: Page, text: string): Promise<void> {
  for (let presses = 0; presses < 80; presses++) {
    await page.keyboard.press("Tab");
    if ((await focused(page)).includes(text)) return;
  }
  throw new Error(`the tab key does not come to ${text}`);
}
