/** Names by which a node on this machine is asked: a page whose name was pointed here meanwhile uses another (DNS rebinding). */
import type { Problem } from "./problem.ts";

/**
 * Why a request is refused by the host that it names; absent: it may pass. `ownUrl` is the node's. For nodes that listen
 * on loopback and ask for no token: nothing else tells their own machine's programs from a web page.
 */
export function createHostCheck(
  ownUrl: string,
): (request: Request) => Problem | undefined {
  const own = new URL(ownUrl).hostname;
  // Most requests name the same host, and to parse a url costs more than all else here.
  let lastGood = "";
  return ({ url }) => {
    const end = url.indexOf("/", 8);
    const authority = end === -1 ? url : url.slice(0, end);
    if (authority === lastGood) return undefined;
    if (!URL.canParse(authority)) return refused;
    const { hostname } = new URL(authority);
    if (hostname !== own && !isLoopbackName(hostname)) return refused;
    lastGood = authority;
    return undefined;
  };
}

/** Whether the host of a url is this machine: RFC 6761, section 6.3; RFC 1122, section 3.2.1.3; RFC 4291, section 2.5.3. */
export function isLoopbackName(hostname: string): boolean {
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname === "[::1]" ||
    /^127(\.\d+){3}$/.test(hostname)
  );
}

const refused: Problem = {
  code: "host_refused",
  message:
    "This node serves its own machine, without tokens: ask it as localhost or 127.0.0.1. Behind a proxy give it --url with the name that callers use, or a --secret.",
};
