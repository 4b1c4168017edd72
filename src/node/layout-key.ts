/** The reserved key of the register that decides an epoch's layout. */
export function layoutKey(epoch: number): string {
  return `layout/${epoch}`;
}
