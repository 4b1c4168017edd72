/** The answers of an operation as OpenAPI has them: its own, and the problems that it can end with. */
import { type ProblemCode, statusOfCode } from "../status.ts";
import { type AnswerHeader, answerHeaders } from "./headers.ts";
import { type Json, mapValues } from "./json.ts";
import { parameterSchemaOf, referenceTo } from "./json-schema.ts";
import { mediaType } from "./media-type.ts";
import type { AnswerForm, Operation } from "./operation.ts";

/** By status. Problems are references to what `problemComponents` gives for the same codes. */
export function responsesOf(
  { answers }: Operation,
  codes: ReadonlySet<ProblemCode>,
): Json {
  const problems = Object.entries(codesByStatus(codes)).map(
    ([status, ofStatus]) => {
      if (Number(status) in answers)
        throw new Error(`${status} is an answer already`);
      return [
        status,
        { $ref: `#/components/responses/${nameOf(ofStatus)}` },
      ] as const;
    },
  );
  return { ...mapValues(answers, response), ...Object.fromEntries(problems) };
}

/** A response for each set of codes that some operation has for one status; its name tells them. */
export function problemComponents(
  codeSets: Iterable<ReadonlySet<ProblemCode>>,
): Json {
  const components: Record<string, Json> = {};
  for (const codes of codeSets)
    for (const [status, ofStatus] of Object.entries(codesByStatus(codes)))
      components[nameOf(ofStatus)] = problemResponse(status, ofStatus);
  return components;
}

function nameOf(codes: readonly ProblemCode[]): string {
  return codes.join(".");
}

function codesByStatus(
  codes: Iterable<ProblemCode>,
): Readonly<Record<string, readonly ProblemCode[]>> {
  const byStatus: Record<string, ProblemCode[]> = {};
  for (const code of [...codes].sort()) {
    const status = String(statusOfCode[code]);
    byStatus[status] = [...(byStatus[status] ?? []), code];
  }
  return byStatus;
}

/** What some problems tell as well. */
const hintsOfStatus: Readonly<Record<string, readonly AnswerHeader[]>> = {
  401: ["www-authenticate"],
  429: ["retry-after"],
  503: ["retry-after"],
};

function problemResponse(status: string, codes: readonly ProblemCode[]): Json {
  const hints = hintsOfStatus[status] ?? [];
  return {
    description: codes.join(", "),
    headers: headersOf(
      [...hints, "ringwalk-consistency", "ringwalk-walk", "ringwalk-bound"],
      hints,
    ),
    content: {
      "application/problem+json": {
        schema: {
          $ref: referenceTo("Problem"),
          properties: { code: { enum: codes } },
        },
      },
    },
  };
}

function response({
  description,
  headers = [],
  always = [],
  content,
}: AnswerForm): Json {
  return {
    description,
    headers: headersOf(headers, always),
    ...(content && { content: mapValues(content, mediaType) }),
  };
}

/** With those of every answer. */
function headersOf(
  names: readonly AnswerHeader[],
  always: readonly AnswerHeader[],
): Json {
  const all: readonly AnswerHeader[] = [
    "ringwalk",
    "x-request-id",
    "ringwalk-ring",
    ...names,
  ];
  const required = ["ringwalk", ...always];
  return Object.fromEntries(
    all.map((name) => [
      name,
      {
        // A reference cannot say that a header is always there.
        $ref: `#/components/headers/${name}${required.includes(name) ? alwaysSuffix : ""}`,
      },
    ]),
  );
}

const alwaysSuffix = ".always";

/** Each header twice: as one that may be there, and as one that always is. */
export function headerComponents(): Json {
  const headers = mapValues(answerHeaders, ({ schema, ...header }) => ({
    ...header,
    schema: parameterSchemaOf(schema),
  }));
  const always = Object.entries(headers).map(([name, header]) => [
    name + alwaysSuffix,
    { required: true, ...header },
  ]);
  return { ...headers, ...Object.fromEntries(always) };
}
