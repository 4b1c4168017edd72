/** What axe-core finds wrong with a page, for those who do not see it or use no mouse. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";

const source = readFileSync(
  createRequire(import.meta.url).resolve("axe-core/axe.min.js"),
  "utf8",
);

/** Serious and critical violations, each with the elements that it is about; empty when there are none. */
export async function violationsOf(page: Page): Promise<readonly string[]> {
  // Through the debugger: the page's own policy lets nothing in.
  await page.evaluate(source);
  const results = (await page.evaluate("axe.run()")) as AxeResults;
  return results.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) =>
        `${id}: ${target.join(" ")}: ${failureSummary}`.replaceAll("\n", " "),
      ),
    );
}
