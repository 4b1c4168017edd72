/** ETags and preconditions (RFC 9110, sections 8.8.3 and 13.1), between header text and the core's revisions. */
import type { Ballot } from "../core/ballot.ts";
import { formatBallot } from "../core/ballot.ts";
import { fail, ok, type Result } from "../core/errors.ts";
import type { Conditions } from "../core/operation.ts";

/** The strong ETag of a revision. */
export function etagOf(revision: Ballot): string {
  return `"${formatBallot(revision)}"`;
}

/** The preconditions of a request; see `conditionsIn`. */
export function conditionsOf(headers: Headers): Result<Conditions | undefined> {
  return conditionsIn({
    ifMatch: headers.get("if-match"),
    ifNoneMatch: headers.get("if-none-match"),
  });
}

/**
 * The preconditions in the texts of the two headers; absent when there are none. Weak tags are dropped from `ifMatch`,
 * which compares strongly, so that they match nothing; `ifNoneMatch` compares weakly.
 */
export function conditionsIn({
  ifMatch = null,
  ifNoneMatch = null,
}: {
  readonly ifMatch?: string | null | undefined;
  readonly ifNoneMatch?: string | null | undefined;
}): Result<Conditions | undefined> {
  if (ifMatch === null && ifNoneMatch === null) return none;
  const matching = ifMatch === null ? undefined : tagsOf(ifMatch);
  const excluded = ifNoneMatch === null ? undefined : tagsOf(ifNoneMatch);
  if (matching === "malformed") return malformed("If-Match");
  if (excluded === "malformed") return malformed("If-None-Match");
  return ok({
    ...(matching && {
      ifMatch: matching === "*" ? "*" : matching.filter(isStrong).map(opaqueOf),
    }),
    ...(excluded && {
      ifNoneMatch: excluded === "*" ? "*" : excluded.map(opaqueOf),
    }),
  });
}

const none = ok(undefined);

interface EntityTag {
  readonly isWeak: boolean;
  readonly opaque: string;
}

const isStrong = (tag: EntityTag) => !tag.isWeak;
const opaqueOf = (tag: EntityTag) => tag.opaque;

const entityTag = /^(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"$/;

function tagsOf(header: string): "*" | readonly EntityTag[] | "malformed" {
  const text = header.trim();
  if (text === "*") return "*";
  const tags: EntityTag[] = [];
  // A tag may hold a comma, so the list is taken apart at the quotes, not at the commas.
  for (const part of text.match(/(?:W\/)?"[^"]*"|[^\s,]+/g) ?? []) {
    const match = entityTag.exec(part);
    if (!match) return "malformed";
    tags.push({ isWeak: match[1] !== undefined, opaque: match[2] ?? "" });
  }
  return tags.length === 0 ? "malformed" : tags;
}

function malformed(header: string) {
  return fail(
    "invalid_condition",
    `${header} must be * or a list of ETags in double quotes, as they came with an answer.`,
  );
}

/** How a reader's preconditions meet the value that was found; absent: they hold. */
export function readOutcome(
  conditions: Conditions | undefined,
  revision: Ballot | undefined,
): "not-modified" | "condition-failed" | undefined {
  if (!conditions) return undefined;
  const current = revision && formatBallot(revision);
  const matches = (wanted: "*" | readonly string[]) =>
    current !== undefined && (wanted === "*" || wanted.includes(current));
  const { ifMatch, ifNoneMatch } = conditions;
  if (ifMatch !== undefined && !matches(ifMatch)) return "condition-failed";
  if (ifNoneMatch !== undefined && matches(ifNoneMatch)) return "not-modified";
  return undefined;
}
