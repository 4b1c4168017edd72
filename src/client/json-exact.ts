/** Which values JSON gives back exactly: those are stored as JSON, which every other program can read. */

/**
 * Whether `JSON.parse(JSON.stringify(value))` is what a structured clone of `value` would be. A value that holds the
 * same object twice is not: JSON would make two of it.
 */
export function isJsonExact(value: unknown, seen = new Set<object>()): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0);
    case "object":
      return value === null || isExactObject(value, seen);
    default:
      return false;
  }
}

function isExactObject(value: object, seen: Set<object>): boolean {
  if (seen.has(value)) return false;
  seen.add(value);
  if ("toJSON" in value) return false;
  const prototype = Object.getPrototypeOf(value);
  if (Array.isArray(value))
    return prototype === Array.prototype && isExactArray(value, seen);
  if (prototype !== Object.prototype || Symbol.toStringTag in value)
    return false;
  return Object.values(value).every((inner) => isJsonExact(inner, seen));
}

/** A hole reads as `undefined`, which is not exact; properties beside the elements are not looked for. */
function isExactArray(array: readonly unknown[], seen: Set<object>): boolean {
  for (const element of array) if (!isJsonExact(element, seen)) return false;
  return true;
}
