/** Browsers that act for pages of other sites: what changes something is not taken from them. */
import type { Guard } from "./access.ts";
import { type Problem, problem } from "./problem.ts";

/**
 * Refuses what a browser sends for a page of another site: such a page could otherwise make a node leave its ring. A
 * page of one of these origins may send it together with a token, which no browser adds by itself.
 */
export function sameSiteGuard(origins: readonly string[] = []): Guard {
  return (handler) => (request, grant) =>
    isCrossSite(request) && !isAllowed(request, origins)
      ? problem(crossSite)
      : handler(request, grant);
}

const crossSite: Problem = {
  code: "cross_site_refused",
  message:
    "Requests that change something are not taken from pages of other sites, nor from a browser that does not tell where they come from, unless --cors-origin names theirs and they send a token.",
};

/**
 * By Fetch Metadata where the browser sends it (W3C Fetch Metadata, section 2.3), else by Origin. Programs send
 * neither, and are not concerned.
 */
function isCrossSite({ headers, url }: Request): boolean {
  const site = headers.get("sec-fetch-site");
  if (site !== null) return site !== "same-origin" && site !== "none";
  const origin = headers.get("origin");
  if (origin !== null) return !isSameHost(origin, url);
  // A browser says neither with a GET to an http url beyond loopback: which page sent it cannot be told.
  return /^mozilla\//i.test(headers.get("user-agent") ?? "");
}

function isSameHost(origin: string, url: string): boolean {
  // A proxy in front may have ended TLS, so the scheme is not compared. An opaque origin is the text "null".
  return URL.canParse(origin) && new URL(origin).host === new URL(url).host;
}

function isAllowed({ headers }: Request, origins: readonly string[]): boolean {
  return (
    origins.includes(headers.get("origin") ?? "") &&
    headers.has("authorization")
  );
}
