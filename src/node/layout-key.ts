/** The reserved key of the register that decides an epoch's layout. */
export function layoutKey(epoch: number): string {
  return `layout/${epoch}`;
}

/** The inverse of `layoutKey`. */
export function epochOfLayoutKey(key: string): number {
  return Number(key.slice("layout/".length));
}
