/** The configurations that a search has visited: Lowe's memory, refined for operations that need not take place. */

/** What one search remembers, so as not to go the same way again. */
export interface Configurations {
  /**
   * Whether it is worth visiting `configuration` (the definite operations linearized, and the state) with the unknown
   * operations `taken`, as bits. It is not after a visit with the same ones or with a part of them: whatever follows
   * here could follow there. What is worth visiting counts as visited.
   */
  admit(configuration: string, taken: bigint): boolean;
}

/** For one search of one history: what was visited stays so. */
export function createConfigurations(): Configurations {
  /** For each configuration the sets it was visited with, none a part of another. */
  const visited = new Map<string, readonly bigint[]>();
  return {
    admit(configuration, taken) {
      const sets = visited.get(configuration);
      if (sets === undefined) {
        visited.set(configuration, [taken]);
        return true;
      }
      if (sets.some((set) => (set & taken) === set)) return false;
      const others = sets.filter((set) => (set & taken) !== taken);
      visited.set(configuration, [...others, taken]);
      return true;
    },
  };
}
