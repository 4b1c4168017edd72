/** ETags between header and revision: every list is read as it was written, and a reader's conditions are those of RFC 9110. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  conditionsOf,
  etagOf,
  readOutcome,
} from "../../src/http/conditional.ts";

const opaque = fc.string({
  unit: fc
    .integer({ min: 0x21, max: 0x7e })
    .filter((code) => code !== 0x22)
    .map((code) => String.fromCharCode(code)),
  maxLength: 20,
});
const tag = fc.record({ opaque, isWeak: fc.boolean() });
const separator = fc.constantFrom(",", ", ", " ,\t", " , ,");

test("a list of tags is read as it was written, weak ones aside in If-Match", () => {
  fc.assert(
    fc.property(
      fc.array(tag, { minLength: 1, maxLength: 5 }),
      separator,
      (tags, between) => {
        const text = tags
          .map(({ opaque, isWeak }) => `${isWeak ? "W/" : ""}"${opaque}"`)
          .join(between);
        const headers = new Headers({
          "if-match": text,
          "if-none-match": text,
        });
        expect(conditionsOf(headers)).toEqual({
          ok: true,
          value: {
            ifMatch: tags
              .filter(({ isWeak }) => !isWeak)
              .map(({ opaque }) => opaque),
            ifNoneMatch: tags.map(({ opaque }) => opaque),
          },
        });
      },
    ),
  );
});

test("no header is read as tags that it does not hold", () => {
  fc.assert(
    fc.property(
      fc
        .string({ unit: "binary-ascii", maxLength: 30 })
        .filter(
          (text) =>
            !/[\0\r\n]/.test(text) &&
            !text.includes('"') &&
            text.trim() !== "*",
        ),
      (text) => {
        expect(conditionsOf(new Headers({ "if-match": text }))).toMatchObject({
          ok: false,
          error: { code: "invalid_condition" },
        });
      },
    ),
  );
});

describe("a reader's conditions", () => {
  const revision = { epoch: 1, counter: 2, proposer: "p" };
  const mine = "1-2-p";

  test("the ETag of a revision is strong, and the text of its ballot", () => {
    expect(etagOf(revision)).toBe(`"${mine}"`);
  });

  test.each([
    [undefined, revision, undefined],
    [{ ifMatch: [mine] }, revision, undefined],
    [{ ifMatch: ["other"] }, revision, "condition-failed"],
    [{ ifMatch: "*" }, undefined, "condition-failed"],
    [{ ifMatch: [] }, revision, "condition-failed"],
    [{ ifNoneMatch: [mine] }, revision, "not-modified"],
    [{ ifNoneMatch: ["other"] }, revision, undefined],
    [{ ifNoneMatch: "*" }, revision, "not-modified"],
    [{ ifNoneMatch: "*" }, undefined, undefined],
    [{ ifMatch: ["other"], ifNoneMatch: [mine] }, revision, "condition-failed"],
    [{ ifMatch: [mine], ifNoneMatch: [mine] }, revision, "not-modified"],
  ] as const)("%j at %j: %s", (conditions, current, outcome) => {
    expect(readOutcome(conditions, current)).toBe(outcome);
  });
});
