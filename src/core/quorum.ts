/** Majorities over one set of replicas, or over the old and the new set of a joint layout together. */

/** Every set must give a majority: one set in a stable layout, two in a joint one. */
export type Quorum = readonly (readonly string[])[];

function countOf(set: readonly string[], ids: readonly string[]): number {
  let count = 0;
  for (const id of set) if (ids.includes(id)) count++;
  return count;
}

/** Whether `granted` holds a majority of every set. An empty set has no majority. */
export function isReached(quorum: Quorum, granted: readonly string[]): boolean {
  return quorum.every((set) => countOf(set, granted) * 2 > set.length);
}

/** Whether a majority of every set could still grant, once those in `failed` never will. */
export function isReachable(
  quorum: Quorum,
  failed: readonly string[],
): boolean {
  return quorum.every(
    (set) => (set.length - countOf(set, failed)) * 2 > set.length,
  );
}

/** Whether `granted` holds one of every set, which is all that an eventual ring asks for. */
export function isSomeReached(
  quorum: Quorum,
  granted: readonly string[],
): boolean {
  return quorum.every((set) => countOf(set, granted) > 0);
}

/** Whether one of every set could still grant, once those in `failed` never will. */
export function isSomeReachable(
  quorum: Quorum,
  failed: readonly string[],
): boolean {
  return quorum.every((set) => countOf(set, failed) < set.length);
}

/** Everyone whose vote counts in some set, each once, in the order of the sets. */
export function membersOf(quorum: Quorum): readonly string[] {
  return quorum.length === 1 && quorum[0]
    ? quorum[0]
    : [...new Set(quorum.flat())];
}

/** The first members in order that together would reach the quorum: whom to ask first. */
export function leastWave(
  quorum: Quorum,
  preferred: readonly string[],
): readonly string[] {
  const wave: string[] = [];
  for (const id of preferred) {
    if (isReached(quorum, wave)) break;
    wave.push(id);
  }
  return wave;
}
