/** What both ends of a peer call over HTTP must say alike (docs/PROTOCOL.md). */

/** Marks every answer of a node; its value is the peer protocol's version. */
export const protocolHeader = "ringwalk";

/** Where batches of peer messages go, by POST. */
export const messagePath = "/peer";
/** Where a node is asked who it is, by POST; its greeting is the answer. */
export const helloPath = "/peer/hello";

/** The media type of peer messages, both ways. */
export const octetStream = "application/octet-stream";

/** How a caller shows that it knows the ring secret (RFC 6750, section 2.1). */
export function authorizationOf(secret: string): string {
  return `Bearer ${secret}`;
}
