/** Ballots that a majority has promised ahead: each saves one change of its key the prepare. A cache, bounded, never stored. */
import { type Ballot, compareBallots } from "../core/ballot.ts";
import { type Entry, ownedEntry } from "../core/entry.ts";

/** A ballot for the next change of a key, good in this ring and its epoch as long as nobody came between. */
export interface StickyBallot {
  readonly ringId: string;
  readonly ballot: Ballot;
  /** What the same majority holds as accepted. */
  readonly entry: Entry;
}

/** By key. Losing one costs a prepare, and nothing else. */
export interface StickyBallots {
  /** Takes it out: a sticky ballot is used once. */
  take(key: string): StickyBallot | undefined;
  put(key: string, sticky: StickyBallot): void;
  /**
   * This replica has taken a ballot of the key: one ahead that is lower is worth nothing any more. To use it all the same
   * would leave an accept of which nobody knows what became, should the key have forgotten so much meanwhile.
   */
  met(key: string, ballot: Ballot): void;
}

/** Values beyond this are cheaper to prepare for than to keep. */
const valueBytesKept = 64 * 1024;
const bytesMax = 32 * 1024 * 1024;
const overheadBytes = 1024;

/** Memory is bounded, and the longest unused go first; tombstones and large values are not kept. */
export function createStickyBallots(): StickyBallots {
  // A Map keeps the order of insertion: the first is the longest unused.
  const known = new Map<string, StickyBallot>();
  let bytes = 0;
  const sizeOf = ({ entry }: StickyBallot) =>
    overheadBytes + entry.memory.byteLength + (entry.value?.byteLength ?? 0);

  function take(key: string): StickyBallot | undefined {
    const sticky = known.get(key);
    if (sticky) {
      known.delete(key);
      bytes -= sizeOf(sticky);
    }
    return sticky;
  }

  return {
    take,
    met(key, ballot) {
      const sticky = known.get(key);
      if (sticky && compareBallots(ballot, sticky.ballot) > 0) take(key);
    },
    put(key, sticky) {
      take(key);
      const { entry } = sticky;
      // A tombstone may be collected meanwhile, and whoever writes where there is no value has to know what the partition
      // collected, which only a prepare tells.
      if (entry.value === null || entry.value.byteLength > valueBytesKept)
        return;
      known.set(key, { ...sticky, entry: ownedEntry(entry) });
      bytes += sizeOf(sticky);
      for (const oldest of known.keys()) {
        if (bytes <= bytesMax) break;
        take(oldest);
      }
    },
  };
}
