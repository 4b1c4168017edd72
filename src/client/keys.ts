/** The keys of a ring, page by page. */
import type { ByteClient, RequestOptions } from "./api.ts";
import type { NodeAnswer } from "./call.ts";
import { withQuery } from "./key-path.ts";
import { jsonOf } from "./node-answer.ts";
import type { Operation } from "./send.ts";

interface Page {
  readonly keys: readonly string[];
  readonly cursor?: string;
}

/** Makes `ByteClient.keys`; `request` is called for a page when the one before was used up. */
export function createKeys(
  request: (
    operation: Operation,
    options: RequestOptions,
  ) => Promise<NodeAnswer>,
): ByteClient["keys"] {
  return async function* keys(options = {}) {
    const { scope = "ring", prefix } = options;
    const headers = { accept: "application/json" };
    let cursor: string | undefined;
    do {
      const path = withQuery("/db", { scope, prefix, cursor });
      const page: Page = jsonOf(
        await request({ method: "GET", path, headers }, options),
      );
      yield* page.keys;
      cursor = page.cursor;
    } while (cursor !== undefined);
  };
}
