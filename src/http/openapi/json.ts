/** What the parts of the document are made of. */

/** An object of the document. */
export type Json = Readonly<Record<string, unknown>>;

/** The same keys with other values. */
export function mapValues<T, R, K extends string>(
  object: Readonly<Partial<Record<K, T>>>,
  change: (value: T, key: K) => R,
): Readonly<Record<string, R>> {
  const entries = Object.entries(object) as [K, T][];
  return Object.fromEntries(
    entries.map(([key, value]) => [key, change(value, key)]),
  );
}
