/** Where a server may listen, and under which url its peers reach it. */
import { adminTokenCharactersMin } from "../core/limits.ts";
import { nodeUrl } from "../http/join-body.ts";
import { StartError } from "./start-error.ts";

/** The part of `ServerOptions` that decides who can reach the node, and who is let in. */
export interface ListenOptions {
  readonly host: string;
  readonly url?: string;
  readonly secret?: string;
  readonly secretAlso?: string;
  readonly adminToken?: string;
  readonly insecure?: boolean;
  readonly corsOrigins?: readonly string[];
}

/** Throws a `StartError` unless the node is safe where it is going to listen. */
export function checkListenOptions(options: ListenOptions): void {
  const { host, url, insecure } = options;
  checkSecrets(options);
  if (!isLoopback(host) && !isGuarded(options) && !insecure)
    throw new StartError(
      "insecure_listen",
      `Whoever reaches ${host} could read and change this ring: give its members a secret (--secret), or a ring of one an admin token (--admin-token); or say --insecure if the network keeps strangers out.`,
    );
  if (url === undefined ? isWildcard(host) : nodeUrl(url) === undefined)
    throw new StartError(
      "invalid_url",
      url === undefined
        ? `Peers cannot call ${host}: say with --url under which url they reach this node.`
        : "The url must be http://HOST:PORT or https://HOST, without user, query or fragment.",
    );
}

/** Whether the node asks who its callers are. */
export function isGuarded({
  secret,
  adminToken,
}: Pick<ListenOptions, "secret" | "adminToken">): boolean {
  return secret !== undefined || adminToken !== undefined;
}

function checkSecrets(options: ListenOptions): void {
  const { secret, secretAlso, adminToken, corsOrigins = [] } = options;
  for (const text of [secret, secretAlso, adminToken])
    if (text !== undefined && !/^[\x21-\x7e]+$/.test(text))
      throw new StartError(
        "invalid_secret",
        "Secrets and the admin token must consist of visible ASCII characters, without spaces: they travel in a header.",
      );
  if (adminToken !== undefined && adminToken.length < adminTokenCharactersMin)
    throw new StartError(
      "invalid_secret",
      `The admin token must have ${adminTokenCharactersMin} characters at least: it opens everything, and must not be guessed.`,
    );
  if (secretAlso !== undefined && secret === undefined)
    throw new StartError(
      "invalid_secret",
      "--secret-also is a second secret, for the time of a rotation: give the first one, too (--secret).",
    );
  for (const origin of corsOrigins)
    if (!isOrigin(origin))
      throw new StartError(
        "invalid_origin",
        `${JSON.stringify(origin)} is no origin: write it as browsers do, https://HOST or http://HOST:PORT, without a slash at the end.`,
      );
}

/** https://html.spec.whatwg.org, "ASCII serialization of an origin": the text that a browser sends. */
export function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.parse(text)?.origin === text;
}

/** Whether only programs of this machine reach `host` (RFC 1122, section 3.2.1.3; RFC 4291, section 2.5.3). */
function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d+){3}$/.test(host);
}

function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || host === "::" || host === "";
}

/** The url of a server that was not given one. */
export function urlOf(host: string, port: number): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** The normal form of a url that was given, without a slash at its end. */
export function normalUrl(url: string): string {
  return new URL(url).href.replace(/\/+$/, "");
}
