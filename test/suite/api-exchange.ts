/** Compares one request and its answer with the OpenAPI document. */
import {
  type DescribedOperation,
  describedOperations,
  faultsOfValue,
  knownHeaders,
  type MediaType,
  type Parameter,
  pathFor,
  type Response,
} from "./api-description.ts";

export interface Exchange {
  readonly method: string;
  /** With its query. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Absent where it is none, or a stream. */
  readonly body?: string;
  readonly reply: {
    readonly status: number;
    readonly headers: Headers;
    readonly text: string;
  };
}

/** The described operation that a request asks for; absent when there is none. */
export function operationFor({
  method,
  target,
}: Pick<Exchange, "method" | "target">): DescribedOperation | undefined {
  const path = pathFor(target);
  return describedOperations.find(
    (operation) => operation.path === path && operation.method === method,
  );
}

/** What is not as it is described; empty when all is. A request that succeeds has to be a described one, too. */
export function faultsOf(exchange: Exchange): readonly string[] {
  const operation = operationFor(exchange);
  const { reply } = exchange;
  if (!operation) return faultsOfUnknown(exchange);
  const response = operation.responses[reply.status];
  if (!response)
    return [`${operation.id} has no answer ${reply.status}: ${reply.text}`];
  const faults = [
    ...faultsOfHeaders(response, reply.headers),
    ...faultsOfBody(response, exchange),
    ...(reply.status < 400 ? faultsOfRequest(operation, exchange) : []),
  ];
  return faults.map((fault) => `${operation.id} ${reply.status}: ${fault}`);
}

/** Of what is not described nothing but the refusal is said. */
function faultsOfUnknown({ reply }: Exchange): readonly string[] {
  const { code } = problemOf(reply.text);
  return [400, 404, 405].includes(reply.status) && reply.headers.has("ringwalk")
    ? []
    : [`no operation, and yet it is answered ${reply.status} ${code}`];
}

function problemOf(text: string): { readonly code?: string } {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

function faultsOfHeaders(
  { headers: described }: Response,
  headers: Headers,
): readonly string[] {
  const missing = Object.entries(described)
    .filter(([name, { required }]) => required && !headers.has(name))
    .map(([name]) => `no header ${name}`);
  const unknown = knownHeaders.answer
    .filter((name) => headers.has(name) && !(name in described))
    .map((name) => `a header ${name}`);
  return [...missing, ...unknown];
}

/** The type's name alone. */
function typeOf(headers: Headers): string {
  return (headers.get("content-type") ?? "")
    .replace(/\s*;.*$/, "")
    .toLowerCase();
}

function faultsOfBody(
  response: Response,
  exchange: Exchange,
): readonly string[] {
  const { method, reply, target } = exchange;
  if (method === "HEAD") return reply.text === "" ? [] : ["a HEAD with a body"];
  if (reply.text === "") return [];
  const { content = {} } = response;
  const type = typeOf(reply.headers);
  // A value is of any type, and means nothing to us.
  const isValue =
    /[?&]key=/.test(target) &&
    reply.status === 200 &&
    type !== "text/event-stream";
  const media = isValue ? undefined : content[type];
  if (!media)
    return "*/*" in content || isValue ? [] : [`a body of type ${type}`];
  return faultsOfText(media, { type, text: reply.text });
}

/** The parts of a body that its schema is about: the whole of it, or each line. */
export function faultsOfText(
  { schema, "x-events": events }: MediaType,
  { type, text }: { readonly type: string; readonly text: string },
): readonly string[] {
  if (events) return faultsOfEvents(events, text);
  if (type.startsWith("text/")) return faultsOfValue(schema, text);
  const parts =
    type === "application/x-ndjson"
      ? text.split("\n").filter((line) => line !== "")
      : [text];
  return /json$/.test(type)
    ? parts.flatMap((part) => faultsOfValue(schema, JSON.parse(part)))
    : [];
}

function faultsOfEvents(
  events: Readonly<Record<string, object>>,
  text: string,
): readonly string[] {
  const sent = [
    ...text.matchAll(/^event: (?<kind>.*)\nid: .*\ndata: (?<data>.*)$/gm),
  ];
  return sent.flatMap(({ groups: { kind = "", data = "" } = {} }) => {
    const schema = events[kind];
    return schema
      ? faultsOfValue(schema, JSON.parse(data))
      : [`an event ${kind}`];
  });
}

/** Whether a request that was done is one that the document has. */
function faultsOfRequest(
  operation: DescribedOperation,
  { target, headers = {}, body = "" }: Exchange,
): readonly string[] {
  const inQuery = operation.parameters.filter(
    (parameter) => parameter.in === "query",
  );
  const [, query = ""] = target.split("?");
  const given = new URLSearchParams(query);
  const unknown = [...given.keys()]
    .filter((name) => !inQuery.some((parameter) => parameter.name === name))
    .map((name) => `takes ${name} in the query`);
  const wrong = inQuery.flatMap((parameter) =>
    faultsOfParameter(parameter, given.get(parameter.name)),
  );
  const inHeaders = operation.parameters
    .filter((parameter) => parameter.in === "header")
    .map(({ name }) => name);
  const unheard = Object.keys(headers)
    .filter(
      (name) =>
        knownHeaders.request.includes(name) && !inHeaders.includes(name),
    )
    .map((name) => `takes the header ${name}`);
  return [...unknown, ...wrong, ...unheard, ...faultsOfSent(operation, body)];
}

/** A text is read as what the schema is of. */
function faultsOfParameter(
  { name, required, schema }: Parameter,
  text: string | null,
): readonly string[] {
  if (text === null)
    return required ? [`does without ${name} in the query`] : [];
  const { type } = schema as { readonly type?: string };
  const value = type === "integer" || type === "number" ? Number(text) : text;
  return faultsOfValue(schema, value).map(
    (fault) => `takes ${name}=${text}: ${fault}`,
  );
}

/** JSON is what is read as such, whatever the request says of its type. */
function faultsOfSent(
  { body }: DescribedOperation,
  text: string,
): readonly string[] {
  const media = body["application/json"];
  return media && text.trimStart().startsWith("{")
    ? faultsOfValue(media.schema, JSON.parse(text))
    : [];
}
