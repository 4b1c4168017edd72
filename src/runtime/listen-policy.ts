/** Where a server may listen, and under which url its peers reach it. */
import { StartError } from "./start-error.ts";

export interface ListenOptions {
  readonly host: string;
  readonly url?: string;
  readonly secret?: string;
  readonly insecure?: boolean;
}

/** Throws a `StartError` unless the node is safe where it is going to listen. */
export function checkListenOptions(options: ListenOptions): void {
  const { host, url, secret, insecure } = options;
  if (secret !== undefined && !/^[\x21-\x7e]+$/.test(secret))
    throw new StartError(
      "invalid_secret",
      "The secret must consist of visible ASCII characters, without spaces: it travels in a header.",
    );
  if (!isLoopback(host) && secret === undefined && !insecure)
    throw new StartError(
      "insecure_listen",
      `Whoever reaches ${host} could change this ring: give it a secret (--secret), or say --insecure if the network keeps strangers out.`,
    );
  if (url === undefined ? isWildcard(host) : !isNodeUrl(url))
    throw new StartError(
      "invalid_url",
      url === undefined
        ? `Peers cannot call ${host}: say with --url under which url they reach this node.`
        : "The url must be http://HOST:PORT or https://HOST, without user, query or fragment.",
    );
}

/** Whether only programs of this machine reach `host` (RFC 1122, section 3.2.1.3; RFC 4291, section 2.5.3). */
function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d+){3}$/.test(host);
}

function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || host === "::" || host === "";
}

function isNodeUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return (
    /^https?:$/.test(protocol) && username + password + search + hash === ""
  );
}

/** The url of a server that was not given one. */
export function urlOf(host: string, port: number): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** The normal form of a url that was given, without a slash at its end. */
export function normalUrl(url: string): string {
  return new URL(url).href.replace(/\/+$/, "");
}
