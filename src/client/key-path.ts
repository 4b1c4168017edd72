/** Where a key stands in a node's HTTP API. */
import { RingwalkError } from "./errors.ts";

/** The path of a key, with its query; `.` and `..`, which no URL path can carry, stand in the query. */
export function keyPath(
  key: string,
  query: Readonly<Record<string, string | number | undefined>> = {},
): string {
  if (key === "" || !key.isWellFormed())
    throw new RingwalkError({
      code: "invalid_key",
      message: "A key is a string of 1 to 1,024 bytes of UTF-8.",
    });
  return key === "." || key === ".."
    ? withQuery("/db", { key, ...query })
    : withQuery(`/db/${encodeURIComponent(key)}`, query);
}

/** Leaves parameters out that are `undefined`. */
export function withQuery(
  path: string,
  query: Readonly<Record<string, string | number | boolean | undefined>>,
): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) parameters.set(name, String(value));
  return parameters.size === 0 ? path : `${path}?${parameters}`;
}
