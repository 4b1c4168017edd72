/** The known histories in test/sim/histories: a line with the story, then an operation a line. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import type { Operation } from "../../src/sim/history.ts";
import { parseHistory } from "../../src/sim/history-file.ts";

export interface KnownHistory {
  readonly name: string;
  readonly story: string;
  /** The operation that cannot be explained; absent in a good history. */
  readonly stuck?: string | undefined;
  readonly operations: readonly Operation[];
}

const folder = join(import.meta.dirname, "histories");
const headSchema = v.strictObject({
  story: v.pipe(v.string(), v.minLength(20)),
  stuck: v.optional(v.string()),
});

export const knownHistories: readonly KnownHistory[] = readdirSync(folder)
  .sort()
  .map((file) => {
    const text = readFileSync(join(folder, file), "utf8");
    const head = text.indexOf("\n");
    return {
      name: file.replace(/\.jsonl$/, ""),
      ...v.parse(headSchema, JSON.parse(text.slice(0, head))),
      operations: parseHistory(text.slice(head + 1)),
    };
  });

export function knownHistory(name: string): KnownHistory {
  const found = knownHistories.find((known) => known.name === name);
  if (!found) throw new Error(`there is no history ${name}`);
  return found;
}
