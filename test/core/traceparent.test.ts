/** W3C Trace Context, section 3.2: what is a traceparent, and what is none. */
import { expect, test } from "vitest";
import { traceparentOf, traceparentParts } from "../../src/core/traceparent.ts";

const trace = "0af7651916cd43dd8448eb211c80319c";
const parent = "b7ad6b7169203331";
const valid = `00-${trace}-${parent}-01`;

test("version 00 is taken as it is, and has three parts", () => {
  expect(traceparentOf(valid)).toBe(valid);
  expect(traceparentParts(valid)).toEqual({
    traceId: trace,
    parentId: parent,
    flags: "01",
  });
});

test("of a later version the part that is known is taken", () => {
  expect(traceparentOf(`cc-${trace}-${parent}-01`)).toBe(valid);
  expect(traceparentOf(`cc-${trace}-${parent}-01-what-comes-later`)).toBe(
    valid,
  );
});

test.each([
  "",
  valid.toUpperCase(),
  `${valid}-more`,
  `${valid} `,
  `ff-${trace}-${parent}-01`,
  `cc-${trace}-${parent}-01.`,
  `00-${"0".repeat(32)}-${parent}-01`,
  `00-${trace}-${"0".repeat(16)}-01`,
  `00-${trace}-${parent}`,
  `00-${trace}${parent}-01`,
  `00-${trace.slice(1)}g-${parent}-01`,
  `00-${trace}-${parent}-1`,
])("%j is none", (header) => {
  expect(traceparentOf(header)).toBeUndefined();
});
