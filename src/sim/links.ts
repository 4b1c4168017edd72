/** The ways between processes: which are cut, and what went along them last. */

/** Both directions between two processes, each a way of its own. */
export interface Links {
  isCut(from: string, to: string): boolean;
  cut(from: string, to: string): void;
  mend(from: string, to: string): void;
  /** Cuts each group off from the others, both ways, on top of what is cut already. */
  split(groups: readonly (readonly string[])[]): void;
  heal(): void;
  /** Takes note that the message arrives; whether one with a higher number came along the same way before it. */
  isOvertaken(from: string, to: string, message: number): boolean;
}

/** All ways are open at first. */
export function createLinks(): Links {
  const isCut = new Set<string>();
  const newest = new Map<string, number>();
  // Neither a name nor a url holds a line feed.
  const way = (from: string, to: string) => `${from}\n${to}`;

  return {
    isCut: (from, to) => isCut.has(way(from, to)),
    cut: (from, to) => {
      isCut.add(way(from, to));
    },
    mend: (from, to) => {
      isCut.delete(way(from, to));
    },
    split(groups) {
      for (const group of groups)
        for (const other of groups)
          if (other !== group)
            for (const from of group)
              for (const to of other) isCut.add(way(from, to));
    },
    heal: () => isCut.clear(),
    isOvertaken(from, to, message) {
      const last = newest.get(way(from, to)) ?? 0;
      newest.set(way(from, to), Math.max(last, message));
      return message < last;
    },
  };
}
