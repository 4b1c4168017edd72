/** The page where a token is needed, and where its own node dies: who may see what, and how it goes on. */
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startServer } from "../../src/runtime/nodejs.ts";
import type { RunningServer, ServerOptions } from "../../src/runtime/server.ts";
import { openStore } from "../../src/store/open.ts";
import { until } from "../e2e/until.ts";
import { quiet } from "../http/memory-node.ts";
import { violationsOf } from "./axe.ts";
import { noBrowser, openPage, startBrowser } from "./browser.ts";

const adminToken = "correct-horse-battery-staple";

describe.skipIf(noBrowser !== undefined)("the page", () => {
  let browser: Browser;
  const servers: RunningServer[] = [];
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });
  afterAll(() => browser?.close());

  async function start(name: string, options: Partial<ServerOptions> = {}) {
    const server = await startServer({
      name,
      port: 0,
      founding: { partitionCount: 16 },
      openStore: () => openStore({ kind: "memory" }),
      log: quiet,
      ...options,
    });
    servers.push(server);
    return server;
  }

  test("asks for a token when one is needed, and keeps it out of urls", async () => {
    const { url } = await start("guarded", { adminToken });
    const headers = { authorization: `Bearer ${adminToken}` };
    const created = await fetch(`${url}/dht/tokens`, {
      method: "POST",
      headers,
      body: JSON.stringify({ name: "page", rights: ["read"], prefix: "a/" }),
    });
    const { token } = (await created.json()) as { readonly token: string };
    await fetch(`${url}/db/a/key`, { method: "PUT", body: "1", headers });

    const { page, requested, faults } = await openPage(browser, url);
    const dialog = page.getByRole("dialog", { name: "Token" });
    const field = dialog.getByLabel("Token", { exact: true });
    await dialog.waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await field.fill("rw_wrong");
    await page.keyboard.press("Enter");
    await dialog.getByText("unauthorized").waitFor();
    await field.fill(token);
    await page.keyboard.press("Enter");
    await page.getByText("Live", { exact: true }).waitFor();
    expect(await page.locator("tbody tr").count()).toBe(1);
    // It is for some keys, which are found by themselves, and to look.
    await page.getByRole("button", { name: "a/key" }).waitFor();
    expect(await page.getByRole("searchbox").inputValue()).toBe("a/");
    await page.getByRole("searchbox").fill("b/");
    await page.getByText("forbidden").waitFor();
    await page.getByRole("searchbox").fill("a/");
    await page.getByRole("button", { name: "a/key" }).click();
    await page.getByText("All replicas hold the same.").waitFor();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("does not have the right write").waitFor();

    await page.reload();
    await page.getByText("Live", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Token: given" }).click();
    await page.getByRole("button", { name: "Forget it" }).click();
    await page.getByText("Token needed").waitFor();
    await dialog.waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Give a token" }).click();
    await dialog.waitFor();
    expect(requested.filter((each) => each.includes("rw_"))).toEqual([]);
    expect(page.url()).toBe(`${url}/`);
    expect(await page.evaluate("sessionStorage.length")).toBe(0);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test("goes on through another member that lets its origin in, when its own node dies", async () => {
    const home = await start("home", { corsOrigins: ["http://127.0.0.1:1"] });
    const corsOrigins = [home.url];
    const other = await start("other", { corsOrigins });
    const third = await start("third", { corsOrigins });
    for (const server of [other, third])
      await server.node.join({ urls: [home.url] });
    const { page, faults } = await openPage(browser, home.url);
    await until(
      async () => (await page.locator("tbody tr").count()) === 3,
      "the page shows the ring",
    );
    await home.close();
    servers.splice(servers.indexOf(home), 1);
    await page.getByText("The node that this page came from").waitFor();
    await page.getByText("Live", { exact: true }).waitFor();
    const row = page.locator("tbody tr").filter({ hasText: "home" });
    await row.getByText("down", { exact: true }).waitFor();
    await fetch(`${other.url}/db/through`, { method: "PUT", body: "another" });
    await page.getByRole("searchbox").fill("through");
    await page.getByRole("button", { name: "through", exact: true }).click();
    await page.getByText(/hold the same/).waitFor();
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test("a node that is alone is a whole ring, and can be chosen light or dark", async () => {
    const { url } = await start("alone");
    const { page } = await openPage(browser, url);
    await page.getByText("in a ring of 1 member,").waitFor();
    const leave = page.getByRole("button", { name: "Leave: alone" });
    expect(await leave.isDisabled()).toBe(true);
    const look = (visibility: string) =>
      page.evaluate(
        `Object.defineProperty(document, "visibilityState", { value: "${visibility}", configurable: true }); document.dispatchEvent(new Event("visibilitychange"))`,
      );
    await look("hidden");
    await page.getByText("Resting", { exact: true }).waitFor();
    await look("visible");
    await page.getByText("Live", { exact: true }).waitFor();
    const background = () =>
      page.evaluate("getComputedStyle(document.body).backgroundColor");
    const light = await background();
    await page.getByRole("button", { name: "Switch to dark" }).click();
    const dark = await background();
    expect(dark).not.toBe(light);
    await page.reload();
    expect(await background()).toBe(dark);
    await page.context().close();
  });
});
