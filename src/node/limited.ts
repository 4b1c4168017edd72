/** Runs work for many items, a few at once: fan-out is bounded everywhere. */

/** Resolves with the results in the items' order. `work` must not reject. */
export async function mapLimited<Item, Value>(
  items: readonly Item[],
  concurrencyMax: number,
  work: (item: Item) => Promise<Value>,
): Promise<Value[]> {
  const results: Value[] = new Array(items.length);
  const entries = items.entries();
  async function runner(): Promise<void> {
    for (const [index, item] of entries) results[index] = await work(item);
  }
  const runnerCount = Math.min(concurrencyMax, items.length);
  await Promise.all(Array.from({ length: runnerCount }, runner));
  return results;
}
