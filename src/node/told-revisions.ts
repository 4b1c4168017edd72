/** The last revision of a key that this node was told: a better bound for its next operation than any other ballot. */
import type { Ballot } from "../core/ballot.ts";

/** A revision of another ring is none: ballots of two rings say nothing of one another. */
export interface ToldRevisions {
  get(ringId: string, key: string): Ballot | undefined;
  set(ringId: string, key: string, revision: Ballot): void;
  forget(key: string): void;
}

/** Keys remembered: a cache, some 100 bytes each. */
const keysMax = 20_000;

/** In memory, bounded: the longest untold go first. */
export function createToldRevisions(): ToldRevisions {
  // A Map keeps the order of insertion: the first is the longest untold.
  const told = new Map<string, { ringId: string; revision: Ballot }>();
  return {
    get(ringId, key) {
      const known = told.get(key);
      return known?.ringId === ringId ? known.revision : undefined;
    },
    set(ringId, key, revision) {
      told.delete(key);
      told.set(key, { ringId, revision });
      for (const oldest of told.keys()) {
        if (told.size <= keysMax) break;
        told.delete(oldest);
      }
    },
    forget: (key) => {
      told.delete(key);
    },
  };
}
