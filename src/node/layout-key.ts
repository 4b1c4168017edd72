/** The registers that decide layouts, by their reserved keys. */

/** The key of the register that decides the layout of this epoch. */
export function layoutKey(epoch: number): string {
  return `layout/${epoch}`;
}

/** The inverse of `layoutKey`. */
export function epochOfLayoutKey(key: string): number {
  return Number(key.slice("layout/".length));
}
