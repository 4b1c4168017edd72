/** Headers with which browsers keep an answer to themselves: the library's, read once and added to every answer for clients. */
import { Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";

/**
 * TLS, and with it Strict-Transport-Security, is the proxy's; headers that only pages have a use for are left out.
 */
const middleware = secureHeaders({
  xContentTypeOptions: true,
  crossOriginResourcePolicy: "same-origin",
  referrerPolicy: "no-referrer",
  xFrameOptions: "SAMEORIGIN",
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  strictTransportSecurity: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
});

/** Names in lower case. */
export const browserHeaders: Readonly<Record<string, string>> =
  Object.fromEntries(await headersOf());

/** As the middleware sets them on an empty answer; to run it for every request would cost each one a `Response`. */
async function headersOf(): Promise<Headers> {
  const app = new Hono().get("/", middleware, (c) => c.body(null));
  return (await app.request("/")).headers;
}
