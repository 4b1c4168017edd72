/** What a node knows of client tokens for a short time, so that a request costs a look-up in memory and not in the ring. */
import {
  tokenCheckMs,
  tokenGraceMs,
  tokenLookupsMax,
  tokensKnownMax,
  tokensUnknownMax,
} from "../core/limits.ts";
import { isGood, type TokenRecord, type TokenText } from "../core/token.ts";
import type { Tokens } from "../node/tokens.ts";
import type { Clock } from "../ports.ts";
import type { Grant } from "./access.ts";
import type { Problem } from "./problem.ts";

/** What a token's bearer may do; else `unauthorized`, `too_many_attempts`, or why the ring could not be asked. */
interface TokenCheck {
  /** The verdict on an Authorization header that was good lately; absent: it has to be checked. */
  known(header: string): Grant | Problem | undefined;
  /** Asks the ring where it was not asked lately; `header`, if it is good, is known from then on. */
  check(token: TokenText, header: string): Promise<Grant | Problem>;
  /** Revoked here: from now on the token counts only once it was looked up again. */
  forget(id: string): void;
}

/** A token that the ring has. */
interface Known {
  readonly record: TokenRecord;
  /** The header that carried its secret, once one did. */
  header?: string;
  /** When the ring was asked for it last, and when a quorum answered last (ms since 1970). */
  checkedAt: number;
  confirmedAt: number;
}

type Found = Known | Problem | "absent";

/** Nothing is known at first. */
export function createTokenCheck({
  tokens,
  clock,
}: {
  readonly tokens: Pick<Tokens, "find" | "ringId">;
  readonly clock: Pick<Clock, "now">;
}): TokenCheck {
  const byId = new Map<string, Known>();
  const byHeader = new Map<string, Known>();
  /** Ids that the ring does not have, and when it said so. */
  const absent = new Map<string, number>();
  const lookups = new Map<string, Promise<Found>>();
  /** Look-ups of ids that are not known to be good. */
  let guessCount = 0;
  /** The ring that all this was learnt from: tokens are good in their own alone. */
  let ringId = tokens.ringId();

  function forgetOtherRing(): void {
    const current = tokens.ringId();
    if (current === ringId) return;
    ringId = current;
    for (const memory of [byId, byHeader, absent, lookups]) memory.clear();
  }

  // A clock that was set back must not make a verdict last.
  const isSince = (at: number, durationMs: number) => {
    const ageMs = clock.now() - at;
    return ageMs >= 0 && ageMs < durationMs;
  };

  function drop(id: string): void {
    const known = byId.get(id);
    if (known?.header !== undefined) byHeader.delete(known.header);
    byId.delete(id);
  }

  function keep(id: string, known: Known): void {
    drop(id);
    absent.delete(id);
    byId.set(id, known);
    const [oldest = id] = byId.keys();
    if (byId.size > tokensKnownMax) drop(oldest);
  }

  function keepAbsent(id: string): void {
    drop(id);
    absent.delete(id);
    absent.set(id, clock.now());
    const [oldest = id] = absent.keys();
    if (absent.size > tokensUnknownMax) absent.delete(oldest);
  }

  async function askRing(
    id: string,
    before: Known | undefined,
  ): Promise<Found> {
    // Before the answer, not after it: what is revoked while it is on its way is not in it.
    const now = clock.now();
    const found = await tokens.find(id);
    if (found.ok)
      return found.value
        ? { record: found.value, checkedAt: now, confirmedAt: now }
        : "absent";
    if (!before || !isSince(before.confirmedAt, tokenGraceMs))
      return found.error;
    return { ...before, checkedAt: now };
  }

  /** Requests with the same token wait for one look-up. */
  function find(id: string): Found | Promise<Found> {
    forgetOtherRing();
    const before = byId.get(id);
    if (before && isSince(before.checkedAt, tokenCheckMs)) return before;
    const absentSince = absent.get(id);
    if (absentSince !== undefined && isSince(absentSince, tokenCheckMs))
      return "absent";
    const running = lookups.get(id);
    if (running) return running;
    // Whoever guesses must not keep those out who are known.
    const isGuess = before === undefined;
    if (isGuess && guessCount >= tokenLookupsMax) return tooManyAttempts;
    if (isGuess) guessCount++;
    const lookup = lookUp(id, before, () => lookups.get(id) === lookup);
    lookups.set(id, lookup);
    return lookup;
  }

  async function lookUp(
    id: string,
    before: Known | undefined,
    isCurrent: () => boolean,
  ): Promise<Found> {
    try {
      const askedRing = ringId;
      const found = await askRing(id, before);
      if (tokens.ringId() !== askedRing) return find(id);
      // Forgotten meanwhile: what was found tells of the time before.
      if (!isCurrent()) return found;
      if (found === "absent") keepAbsent(id);
      else if (!("code" in found)) keep(id, found);
      return found;
    } finally {
      if (before === undefined) guessCount--;
      if (isCurrent()) lookups.delete(id);
    }
  }

  return {
    known(header) {
      forgetOtherRing();
      const known = byHeader.get(header);
      if (!known || !isSince(known.checkedAt, tokenCheckMs)) return undefined;
      const { record } = known;
      const { expiresAt } = record;
      if (expiresAt === undefined) return record;
      return clock.now() < expiresAt ? record : wrongToken;
    },
    async check({ id, secret }, header) {
      const found = await find(id);
      if (found === "absent") return wrongToken;
      if ("code" in found) return found;
      if (!isGood(found.record, secret, clock.now())) return wrongToken;
      // One header a token: other ways to write it are checked each time.
      if (byId.get(id) === found) {
        if (found.header !== undefined) byHeader.delete(found.header);
        found.header = header;
        byHeader.set(header, found);
      }
      return found.record;
    },
    forget(id) {
      drop(id);
      lookups.delete(id);
    },
  };
}

/** For each way in which a token can be wrong, so that nobody learns which one it was. */
export const wrongToken: Problem = {
  code: "unauthorized",
  message:
    "The token is none of this ring's: it is misspelt, was revoked, or its time is over. An admin makes another with ringwalk token create.",
};

const tooManyAttempts: Problem = {
  code: "too_many_attempts",
  message:
    "Too many tokens that this node does not know are being looked up; nothing was done. Try again later, or ask another node.",
};
