/** Many things at once, but not all. */

/** Runs `run` for every item, `concurrency` of them at once. */
export async function each<T>(
  items: Iterable<T>,
  concurrency: number,
  run: (item: T) => Promise<void>,
): Promise<void> {
  const left = items[Symbol.iterator]();
  const workers = Array.from({ length: concurrency }, async () => {
    for (let next = left.next(); !next.done; next = left.next())
      await run(next.value);
  });
  await Promise.all(workers);
}
