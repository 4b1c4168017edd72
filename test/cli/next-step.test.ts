/** What an error says to do next where neither node nor client could know it. */
import { afterEach, expect, test, vi } from "vitest";
import { didYouMean } from "../../src/cli/did-you-mean.ts";
import { nextStep } from "../../src/cli/next-step.ts";
import { RingwalkError } from "../../src/client/errors.ts";

afterEach(() => vi.unstubAllEnvs());

const stepOf = (code: string, args: readonly string[] = [], message = "") =>
  nextStep(new RingwalkError({ code, message }), args);

test("who named no node is told how to have one", () => {
  vi.stubEnv("RINGWALK_NODE", "");
  expect(stepOf("unreachable", ["get", "a"])).toMatch(
    /^ No node was named: .*ringwalk dev/,
  );
  expect(stepOf("unreachable", ["get", "a", "--node", "x"])).toBe("");
  vi.stubEnv("RINGWALK_NODE", "http://x");
  expect(stepOf("unreachable", ["get", "a"])).toBe("");
});

test("a stranger among nodes is told of the secret", () => {
  const refused = "http://x cannot be joined: HTTP 401, unauthorized.";
  expect(stepOf("join_unreachable", ["join"], refused)).toMatch(
    /RINGWALK_SECRET/,
  );
  expect(stepOf("join_unreachable", ["serve"], refused)).toMatch(
    /RINGWALK_SECRET/,
  );
  expect(stepOf("join_unreachable", ["join"])).toMatch(/curl URL\/health/);
  expect(stepOf("join_unreachable", ["serve"])).toBe("");
});

test.each([
  ["no_quorum", /ringwalk doctor/],
  ["value_too_large", /--value-max/],
  ["cannot_listen", /-k/],
  ["condition_failed", /^$/],
])("%s", (code, step) => {
  expect(stepOf(code)).toMatch(step);
});

test.each([
  ["satus", " Did you mean status?"],
  ["sevre", " Did you mean serve?"],
  ["exprot", " Did you mean export?"],
  ["gte", " Did you mean get?"],
  ["frobnicate", ""],
  ["x", ""],
])("%s:%s", (written, hint) => {
  const names = ["status", "serve", "export", "import", "get", "put"];
  expect(didYouMean(written, names)).toBe(hint);
});
