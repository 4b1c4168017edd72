/** Ids drawn from the random port: members, rings, proposers, operations. */

const alphabet =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const idCharacters = 22;

/** An id of 132 random bits, base64url. */
export function randomId(random: { bytes(count: number): Uint8Array }): string {
  let id = "";
  for (const byte of random.bytes(idCharacters)) id += alphabet[byte & 63];
  return id;
}
