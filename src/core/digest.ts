/** A partition's digest: two replicas that hold the same accepted states have the same one, in whatever order they came. */
import { type Ballot, formatBallot } from "./ballot.ts";
import { halfSipHash } from "./hash.ts";

/** A sum over records, so that it does not depend on their order. Two 32-bit lanes: equal by chance once in 2^64. */
export interface Digest {
  readonly count: number;
  readonly low: number;
  readonly high: number;
}

/** That of a partition without an accepted record. */
export const digestEmpty: Digest = { count: 0, low: 0, high: 0 };

const encoder = new TextEncoder();
const seedLow = { low: 0x72696e67, high: 0x77616c6b };
const seedHigh = { low: 0x64696765, high: 0x73743031 };

/** The digest with one more accepted record. */
export function addToDigest(
  digest: Digest,
  name: string,
  accepted: Ballot,
): Digest {
  const bytes = encoder.encode(`${name} ${formatBallot(accepted)}`);
  return {
    count: digest.count + 1,
    low: (digest.low + halfSipHash(bytes, seedLow)) >>> 0,
    high: (digest.high + halfSipHash(bytes, seedHigh)) >>> 0,
  };
}

/** The text in which replicas tell and compare digests: `count-low-high`, the lanes in hexadecimal. */
export function formatDigest({ count, low, high }: Digest): string {
  return `${count}-${low.toString(16)}-${high.toString(16)}`;
}
