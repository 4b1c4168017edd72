/** What a node remembers of tokens: how often it asks the ring, how long a verdict lasts, and what guessing costs. */
import { describe, expect, test } from "vitest";
import { fail, ok, type Result } from "../../src/core/errors.ts";
import {
  tokenCheckMs,
  tokenGraceMs,
  tokenLookupsMax,
  tokensKnownMax,
  tokensUnknownMax,
} from "../../src/core/limits.ts";
import { secretDigest } from "../../src/core/secret.ts";
import {
  drawToken,
  formatToken,
  type TokenRecord,
  type TokenText,
} from "../../src/core/token.ts";
import { createTokenCheck } from "../../src/http/token-check.ts";
import { systemRandom } from "../../src/runtime/system-ports.ts";

const noQuorum = fail("no_quorum", "Nobody answers.");

/** A ring of tokens, and a node that checks them by its own clock. */
function scene() {
  const records = new Map<string, TokenRecord>();
  let now = 1_000_000;
  let askedCount = 0;
  let ringId = "ring";
  let answer:
    | ((id: string) => Promise<Result<TokenRecord | undefined>>)
    | undefined;
  const check = createTokenCheck({
    clock: { now: () => now },
    tokens: {
      ringId: () => ringId,
      find(id) {
        askedCount++;
        return answer?.(id) ?? Promise.resolve(ok(records.get(id)));
      },
    },
  });
  const headerOf = (token: TokenText) => `Bearer ${formatToken(token)}`;
  return {
    check,
    records,
    askedCount: () => askedCount,
    pass: (ms: number) => {
      now += ms;
    },
    /** From now on the node is in a ring that has no tokens. */
    goToOtherRing: () => {
      ringId = "other";
      records.clear();
    },
    /** Answers look-ups in the ring's place, until it is told otherwise. */
    answerBy: (given: typeof answer) => {
      answer = given;
    },
    create(more: Partial<TokenRecord> = {}): TokenText {
      const token = drawToken(systemRandom);
      const digest = secretDigest(token.secret);
      const rights = ["read"] as const;
      records.set(token.id, {
        name: "n",
        rights,
        createdAt: now,
        digest,
        ...more,
      });
      return token;
    },
    /** As a request does it: by what is known, else by a check. */
    async ask(token: TokenText): Promise<string> {
      const header = headerOf(token);
      const verdict = check.known(header) ?? (await check.check(token, header));
      return "code" in verdict ? verdict.code : "good";
    },
  };
}

describe("a good token", () => {
  test("is looked up once in its time, however many requests come, also at once", async () => {
    const { create, ask, askedCount, pass } = scene();
    const token = create();
    const first = await Promise.all(
      Array.from({ length: 50 }, () => ask(token)),
    );
    expect(new Set(first)).toEqual(new Set(["good"]));
    pass(tokenCheckMs - 1);
    expect(await ask(token)).toBe("good");
    expect(askedCount()).toBe(1);
    pass(1);
    expect(await ask(token)).toBe("good");
    expect(await ask(token)).toBe("good");
    expect(askedCount()).toBe(2);
  });

  test("that is revoked elsewhere is refused when its time is over", async () => {
    const { create, ask, records, pass } = scene();
    const token = create();
    expect(await ask(token)).toBe("good");
    records.delete(token.id);
    expect(await ask(token)).toBe("good");
    pass(tokenCheckMs);
    expect(await ask(token)).toBe("unauthorized");
  });

  test("that is revoked here is refused at once, also by what was being looked up", async () => {
    const { create, ask, records, answerBy, check } = scene();
    const token = create();
    expect(await ask(token)).toBe("good");
    records.delete(token.id);
    check.forget(token.id);
    expect(await ask(token)).toBe("unauthorized");

    const other = create();
    const { promise, resolve } =
      Promise.withResolvers<Result<TokenRecord | undefined>>();
    answerBy(() => promise);
    const early = ask(other);
    const record = records.get(other.id);
    records.delete(other.id);
    check.forget(other.id);
    answerBy(undefined);
    resolve(ok(record));
    // It began before the revocation; what begins afterwards does not profit from it.
    expect(await early).toBe("good");
    expect(await ask(other)).toBe("unauthorized");
  });

  test("is over at its end, though nobody is asked", async () => {
    const { create, ask, pass, askedCount } = scene();
    const token = create({ expiresAt: 1_000_500 });
    expect(await ask(token)).toBe("good");
    pass(500);
    expect(await ask(token)).toBe("unauthorized");
    expect(askedCount()).toBe(1);
    const late = create({ expiresAt: 1_000_500 });
    expect(await ask(late)).toBe("unauthorized");
  });

  test("does not last longer because the clock was set back", async () => {
    const { create, ask, records, pass } = scene();
    const token = create();
    expect(await ask(token)).toBe("good");
    records.delete(token.id);
    pass(-60_000);
    expect(await ask(token)).toBe("unauthorized");
  });
});

describe("without a quorum", () => {
  test("the last good verdict counts for its time, and each period waits for one look-up alone", async () => {
    const { create, ask, answerBy, pass, askedCount } = scene();
    const token = create();
    expect(await ask(token)).toBe("good");
    answerBy(async () => noQuorum);
    let asked = askedCount();
    for (let ms = 0; ms + tokenCheckMs < tokenGraceMs; ms += tokenCheckMs) {
      pass(tokenCheckMs);
      expect(await ask(token)).toBe("good");
      expect(await ask(token)).toBe("good");
      expect(askedCount()).toBe(++asked);
    }
    pass(tokenCheckMs);
    expect(await ask(token)).toBe("no_quorum");
    answerBy(undefined);
    expect(await ask(token)).toBe("good");
  });

  test("an unknown token is told so, and one that was refused stays refused or unknown", async () => {
    const { create, ask, answerBy, pass } = scene();
    answerBy(async () => noQuorum);
    expect(await ask(create())).toBe("no_quorum");
    answerBy(undefined);
    const wrong = drawToken(systemRandom);
    expect(await ask(wrong)).toBe("unauthorized");
    answerBy(async () => noQuorum);
    expect(await ask(wrong)).toBe("unauthorized");
    pass(tokenCheckMs);
    expect(await ask(wrong)).toBe("no_quorum");
  });
});

describe("guesses", () => {
  test("of a secret cost the ring nothing, and do not disturb the token's owner", async () => {
    const { create, ask, askedCount } = scene();
    const token = create();
    expect(await ask(token)).toBe("good");
    for (let guess = 0; guess < 100; guess++) {
      const { secret } = drawToken(systemRandom);
      expect(await ask({ id: token.id, secret })).toBe("unauthorized");
    }
    expect(await ask(token)).toBe("good");
    expect(askedCount()).toBe(1);
  });

  test("that are repeated cost the ring nothing", async () => {
    const { ask, askedCount } = scene();
    const wrong = drawToken(systemRandom);
    for (let time = 0; time < 10; time++)
      expect(await ask(wrong)).toBe("unauthorized");
    expect(askedCount()).toBe(1);
  });

  test("beyond a number at once are turned away, and those who are known are not", async () => {
    const { create, ask, answerBy, pass, records } = scene();
    const token = create();
    expect(await ask(token)).toBe("good");
    pass(tokenCheckMs);
    const { promise, resolve } = Promise.withResolvers<void>();
    answerBy(async (id) => {
      if (!records.has(id)) await promise;
      return ok(records.get(id));
    });
    const guesses = Array.from({ length: tokenLookupsMax }, () =>
      ask(drawToken(systemRandom)),
    );
    expect(await ask(drawToken(systemRandom))).toBe("too_many_attempts");
    expect(await ask(token)).toBe("good");
    resolve();
    expect(new Set(await Promise.all(guesses))).toEqual(
      new Set(["unauthorized"]),
    );
    expect(await ask(drawToken(systemRandom))).toBe("unauthorized");
  });

  test("that meet a defect leave their room to others", async () => {
    const { ask, answerBy } = scene();
    answerBy(() => Promise.reject(new Error("a defect")));
    for (let guess = 0; guess < 2 * tokenLookupsMax; guess++)
      await expect(ask(drawToken(systemRandom))).rejects.toThrow("a defect");
    answerBy(undefined);
    expect(await ask(drawToken(systemRandom))).toBe("unauthorized");
  });

  test("do not push out who is known, and neither grows without end", async () => {
    const { create, ask, askedCount } = scene();
    const token = create();
    const first = drawToken(systemRandom);
    expect(await ask(token)).toBe("good");
    expect(await ask(first)).toBe("unauthorized");
    for (let guess = 0; guess < tokensUnknownMax; guess++)
      await ask(drawToken(systemRandom));
    const asked = askedCount();
    expect(await ask(token)).toBe("good");
    expect(askedCount()).toBe(asked);
    // The oldest guess was forgotten.
    await ask(first);
    expect(askedCount()).toBe(asked + 1);
    for (let other = 0; other < tokensKnownMax; other++) await ask(create());
    const before = askedCount();
    expect(await ask(token)).toBe("good");
    expect(askedCount()).toBe(before + 1);
  });
});

describe("a node that goes to another ring", () => {
  test("takes no token of the one that it was in, from the first request on", async () => {
    const { create, ask, goToOtherRing } = scene();
    const token = create();
    expect(await ask(token)).toBe("good");
    goToOtherRing();
    expect(await ask(token)).toBe("unauthorized");
  });

  test("has no grace for them there", async () => {
    const { create, ask, goToOtherRing, answerBy } = scene();
    const token = create();
    expect(await ask(token)).toBe("good");
    goToOtherRing();
    answerBy(async () => noQuorum);
    expect(await ask(token)).toBe("no_quorum");
  });

  test("asks again what it was asking as it went", async () => {
    const { create, ask, goToOtherRing, answerBy, records } = scene();
    const token = create();
    const record = records.get(token.id);
    const { promise, resolve } = Promise.withResolvers<void>();
    answerBy(async () => {
      await promise;
      return ok(record);
    });
    const asked = ask(token);
    goToOtherRing();
    answerBy(undefined);
    resolve();
    expect(await asked).toBe("unauthorized");
  });
});

test("the time for which a verdict counts begins when the ring is asked, not when it answers", async () => {
  const { create, ask, answerBy, pass, records } = scene();
  const token = create();
  const record = records.get(token.id);
  answerBy(async () => {
    pass(tokenCheckMs / 2);
    return ok(record);
  });
  expect(await ask(token)).toBe("good");
  answerBy(undefined);
  records.delete(token.id);
  pass(tokenCheckMs / 2);
  expect(await ask(token)).toBe("unauthorized");
});
