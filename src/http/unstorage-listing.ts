/** All keys below a base, as one JSON array for unstorage's `http` driver. */
import type { Result } from "../core/errors.ts";
import { listingLimitMax } from "../core/limits.ts";
import type { RingNode } from "../node/api.ts";
import type { Answer } from "./answer.ts";
import { consistencyHeaders } from "./consistency-header.ts";
import type { AppOptions } from "./options.ts";
import { problem } from "./problem.ts";
import { queryReader } from "./query.ts";
import { ListingError, textStream } from "./text-stream.ts";
import { isNameable, unstorageBase } from "./unstorage-key.ts";

const noQuery = queryReader({});

/** The base of a request about many keys, which takes no parameters. */
export function baseOf({ url }: Request): Result<string> {
  const query = noQuery(url);
  return query.ok ? unstorageBase(url) : query;
}

/**
 * The ring's keys that begin with `base` and that unstorage can name, in portions as they are asked for. Values are not
 * read. An error ends it.
 */
export async function* keysBelow(
  node: RingNode,
  base: string,
): AsyncGenerator<Result<readonly string[]>, void> {
  const options = {
    scope: "ring",
    prefix: base,
    limit: listingLimitMax,
  } as const;
  let cursor: string | undefined;
  do {
    const page = await node.keys({
      ...options,
      ...(cursor !== undefined && { cursor }),
    });
    if (!page.ok) return yield page;
    yield { ok: true, value: page.value.keys.filter(isNameable) };
    cursor = page.value.cursor;
  } while (cursor !== undefined);
}

/** An array of keys with slashes for colons, as unstorage's own server answers; `$` at a key's end hides it there too. */
export async function listItems(
  { node }: AppOptions,
  request: Request,
): Promise<Answer> {
  const base = baseOf(request);
  if (!base.ok) return problem(base.error);
  const pages = keysBelow(node, base.value);
  const first = await pages.next();
  if (!first.done && !first.value.ok) return problem(first.value.error);
  const headers = {
    "content-type": "application/json",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...consistencyHeaders(node),
  };
  const keys = first.done || !first.value.ok ? [] : first.value.value;
  return { status: 200, headers, body: textStream(arrayText(keys, pages)) };
}

async function* arrayText(
  first: readonly string[],
  rest: AsyncIterable<Result<readonly string[]>>,
): AsyncGenerator<string, void> {
  const write = itemWriter();
  yield `[${write(first)}`;
  for await (const page of rest) {
    if (!page.ok) throw new ListingError(page.error);
    yield write(page.value);
  }
  yield "]";
}

/** Keys as JSON, with a comma before each but the first. */
function itemWriter(): (keys: readonly string[]) => string {
  let separator = "";
  return (keys) => {
    let text = "";
    for (const key of keys) {
      if (key.endsWith("$")) continue;
      text += separator + JSON.stringify(key.replaceAll(":", "/"));
      separator = ",";
    }
    return text;
  };
}
