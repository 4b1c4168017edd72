/** What both ends of a peer call over HTTP must say alike (docs/PROTOCOL.md). */

/** Marks every answer of a node; its value is the peer protocol's version. */
export const protocolHeader = "ringwalk";

/** Peer messages, and where they go. */
export const messagePath = "/peer";
export const helloPath = "/peer/hello";

/** The media type of peer messages, both ways. */
export const octetStream = "application/octet-stream";

/** How a caller shows that it knows the ring secret (RFC 6750, section 2.1). */
export function authorizationOf(secret: string): string {
  return `Bearer ${secret}`;
}
