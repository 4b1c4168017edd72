/** A browser for tests of the page: Debian's chromium, which knows no address but this machine's. */
import { existsSync } from "node:fs";
import {
  type Browser,
  type BrowserContextOptions,
  chromium,
  type Page,
} from "playwright-core";

const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";

/** Why there is none; absent when there is one. */
export const noBrowser = existsSync(executablePath)
  ? undefined
  : `there is no chromium at ${executablePath} (CHROMIUM_PATH)`;

export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    ],
  });
}

export const desktop = { width: 1280, height: 900 };
export const phone = { width: 390, height: 844 };

export interface OpenedPage {
  readonly page: Page;
  /** What the page asked for, other than the nodes' own urls would be a fault. */
  readonly requested: readonly string[];
  /** Errors of its script, and what its policy refused. */
  readonly faults: readonly string[];
}

/** Opens a node's page in a context of its own, with a clean memory. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<OpenedPage> {
  const context = await browser.newContext({
    viewport: desktop,
    reducedMotion: "reduce",
    locale: "en-GB",
    ...options,
  });
  const page = await context.newPage();
  const requested: string[] = [];
  const faults: string[] = [];
  page.on("request", (request) => requested.push(request.url()));
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => {
    const text = message.text();
    if (/Content Security Policy|Trusted/i.test(text)) faults.push(text);
  });
  await page.goto(url);
  return { page, requested, faults };
}
