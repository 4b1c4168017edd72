/** Who may ask for what: the ring secret, and browsers that act for pages of other sites. */
import { sha256 } from "@noble/hashes/sha2.js";
import { fail } from "../core/errors.ts";
import { authorizationOf } from "../transport/peer-http.ts";
import type { Handler } from "./answer.ts";
import { type Problem, problem } from "./problem.ts";

/** Puts a condition before a handler. */
export type Guard = (handler: Handler) => Handler;

/** Lets requests pass that carry the ring secret; all of them when the ring has none. */
export function secretGuard(secret: string | undefined): Guard {
  if (secret === undefined) return (handler) => handler;
  const isGiven = equalsInConstantTime(authorizationOf(secret));
  return (handler) => (request) =>
    isGiven(request.headers.get("authorization") ?? "")
      ? handler(request)
      : problem(unauthorized);
}

const unauthorized: Problem = fail(
  "unauthorized",
  "This ring has a secret: send it as Authorization: Bearer SECRET (nodes: --secret or RINGWALK_SECRET, the same for all members).",
).error;

/**
 * Compares digests, so that the time tells nothing about where, or how much, a guess is right; synchronous, and the
 * same on every runtime.
 */
function equalsInConstantTime(expected: string): (given: string) => boolean {
  const encoder = new TextEncoder();
  const expectedDigest = sha256(encoder.encode(expected));
  return (given) => {
    const digest = sha256(encoder.encode(given));
    let difference = 0;
    for (const [at, byte] of expectedDigest.entries())
      difference |= byte ^ (digest[at] ?? 0);
    return difference === 0;
  };
}

/** Refuses what a browser sends for a page of another site: such a page could otherwise make a node leave its ring. */
export const sameSiteGuard: Guard = (handler) => (request) =>
  isCrossSite(request) ? problem(crossSite) : handler(request);

const crossSite: Problem = {
  code: "cross_site_refused",
  message:
    "Requests that change something are not taken from pages of other sites.",
};

/**
 * By Fetch Metadata where the browser sends it (W3C Fetch Metadata, section 2.3), else by Origin. Programs send
 * neither, and are not concerned.
 */
function isCrossSite({ headers, url }: Request): boolean {
  const site = headers.get("sec-fetch-site");
  if (site !== null) return site !== "same-origin" && site !== "none";
  const origin = headers.get("origin");
  return origin !== null && !isSameHost(origin, url);
}

function isSameHost(origin: string, url: string): boolean {
  // A proxy in front may have ended TLS, so the scheme is not compared. An opaque origin is the text "null".
  return URL.canParse(origin) && new URL(origin).host === new URL(url).host;
}
