/** `GET /` for browsers: the dashboard, one page that loads nothing else (`src/dashboard/`, docs/decisions/0033). */
import { type Answer, empty } from "./answer.ts";
import type { AppOptions } from "./options.ts";

/** Whether it is a browser that wants to show a page: programs do not name the type. */
export function wantsPage({ headers }: Request): boolean {
  return headers.get("accept")?.includes("text/html") ?? false;
}

/** The page is the same at every node of a release. */
export async function showPage(
  { corsOrigins = [] }: Pick<AppOptions, "corsOrigins">,
  { headers: asked }: Request,
): Promise<Answer> {
  const page = (await import("./page.json", { with: { type: "json" } }))
    .default;
  const etag = `"${page.version}"`;
  const headers = {
    "content-type": "text/html; charset=utf-8",
    // A node of another release has another page.
    "cache-control": "no-cache",
    vary: "accept",
    etag,
    "content-security-policy": policyOf(page, corsOrigins.length > 0),
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy":
      "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
  };
  return asked.get("if-none-match")?.includes(etag)
    ? empty(304, headers)
    : { status: 200, headers, body: page.html };
}

/**
 * Its own script and style, by their hashes, and nothing else: whatever a value holds, it cannot run. Other members can
 * be asked only where pages of other origins are let in.
 */
function policyOf(
  { script, style }: { readonly script: string; readonly style: string },
  asksOthers: boolean,
): string {
  return [
    "default-src 'none'",
    `script-src '${script}'`,
    `style-src '${style}'`,
    `connect-src 'self'${asksOthers ? " http: https:" : ""}`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}
