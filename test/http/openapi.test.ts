/** The document of the API: what it is made of, and that it is OpenAPI. */
import { globSync, readFileSync } from "node:fs";
import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, test } from "vitest";
import { openApiDocument } from "../../src/http/openapi/document.ts";

/** As JSON, with what is short in one line: so it can be reviewed as a diff. */
function readable(value: unknown, indent = ""): string {
  const line = JSON.stringify(value);
  if (
    typeof value !== "object" ||
    value === null ||
    line.length + indent.length <= 100
  )
    return line;
  const inner = `${indent}  `;
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  const parts = Array.isArray(value)
    ? value.map((each) => readable(each, inner))
    : Object.entries(value).map(
        ([key, each]) => `${JSON.stringify(key)}: ${readable(each, inner)}`,
      );
  return `${open}\n${parts.map((part) => inner + part).join(",\n")}\n${indent}${close}`;
}

test("the document is what the routes' schemas make: vitest -u writes it anew", async () => {
  await expect(`${readable(openApiDocument())}\n`).toMatchFileSnapshot(
    "../../src/http/openapi.json",
  );
});

test("the document is OpenAPI 3.1", async () => {
  const { valid, errors } = await new Validator().validate({
    ...openApiDocument(),
  });
  expect({ valid, errors }).toEqual({ valid: true });
});

test("what makes the document is no part of a node", () => {
  const importers = globSync("src/**/*.ts")
    .filter((path) => !path.startsWith("src/http/openapi/"))
    .filter((path) =>
      /from\s+"[^"]*\/openapi\//.test(readFileSync(path, "utf8")),
    );
  expect(importers).toEqual([]);
});
