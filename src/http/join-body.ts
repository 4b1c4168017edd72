/** Which nodes a join asks: `name:host:port` lines as the seed systems send them, urls, or JSON. */
import * as v from "valibot";
import { fail, ok, type Result } from "../core/errors.ts";
import { memberCountMax } from "../core/limits.ts";
import type { JoinOptions } from "../node/api.ts";
import { jsonReader } from "./json-body.ts";

/** Where a join is to go: one url at least, in normal form; `expected` is what the ring must have been founded with. */
export type JoinBody = Pick<JoinOptions, "urls" | "expected">;

const count = v.pipe(v.number(), v.integer(), v.minValue(1));

/** Reads the JSON form. */
export const readJoinJson = jsonReader(
  v.strictObject({
    urls: v.pipe(
      v.array(v.string()),
      v.minLength(1),
      v.maxLength(memberCountMax),
    ),
    expected: v.optional(
      v.strictObject({
        consistency: v.optional(v.picklist(["linearizable", "eventual"])),
        partitionCount: v.optional(count),
        replicaCount: v.optional(count),
        valueBytesMax: v.optional(count),
      }),
    ),
  }),
);

/** Reads the text of a request to join; `invalid_body` says which line is wrong. */
export function readJoinBody(text: string): Result<JoinBody> {
  const body: Result<JoinBody> = text.trimStart().startsWith("{")
    ? readJoinJson(text)
    : ok({ urls: linesOf(text) });
  if (!body.ok) return body;
  const { urls: places, ...rest } = body.value;
  if (places.length === 0)
    return fail(
      "invalid_body",
      'The body names no node: send a url, or name:host:port, or {"urls": [...]}.',
    );
  const urls: string[] = [];
  for (const place of places) {
    const url = nodeUrl(/^https?:\/\//i.test(place) ? place : urlOfSeed(place));
    if (url === undefined)
      return fail(
        "invalid_body",
        `${JSON.stringify(place.slice(0, 200))} is no node: write http://HOST:PORT or NAME:HOST:PORT.`,
      );
    urls.push(url);
  }
  return ok({ urls, ...rest });
}

function linesOf(text: string): readonly string[] {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

function urlOfSeed(line: string): string {
  const match = /^[^:/]*:(\[[0-9a-f:.]+\]|[^:/[\]]+):(\d{1,5})$/i.exec(line);
  return match ? `http://${match[1]}:${match[2]}` : "";
}

/** A node's url in a body, in normal form. */
export const nodeUrlSchema = v.pipe(
  v.string(),
  v.transform(nodeUrl),
  v.string("http://HOST:PORT"),
);

/**
 * The normal form, without a slash at its end. A url is shown in listings and logs, so it must carry no password; and it
 * is called, by runtimes whose `fetch` opens files, too.
 */
export function nodeUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const isPlain =
    /^https?:$/.test(url.protocol) &&
    url.username === "" &&
    url.password === "" &&
    url.search === "" &&
    url.hash === "";
  return isPlain ? url.href.replace(/\/+$/, "") : undefined;
}
