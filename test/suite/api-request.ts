/** Requests made of what the OpenAPI document gives as examples. */
import {
  type DescribedOperation,
  describedOperations,
} from "./api-description.ts";
import { type Exchange, faultsOf } from "./api-exchange.ts";

/** What a request has beside, or in the place of, the document's examples. */
export interface Change {
  /** Parameters of the path, by name. */
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** The media type of the body, and the name of its example: the first ones unless given; of NDJSON all are lines. */
  readonly media?: string;
  readonly example?: string;
  readonly body?: BodyInit;
}

export type Fetch = (target: string, init: RequestInit) => Promise<Response>;

export interface Sent extends Exchange {
  readonly operation: DescribedOperation;
  /** `media type: name of the example` of the body; absent when there is none. */
  readonly example?: string;
  /** What is not as it is described. */
  readonly faults: readonly string[];
}

/** Sends the operation's example and compares what comes with the document. */
export async function sendExample(
  fetch: Fetch,
  id: string,
  change: Change = {},
): Promise<Sent> {
  const operation = describedOperations.find((each) => each.id === id);
  if (!operation) throw new Error(`there is no operation ${id}`);
  const target = targetOf(operation, change);
  const { media, name, body } = bodyOf(operation, change);
  // Any type will do for a value.
  const type = media === "*/*" ? "text/plain" : media;
  const headers = {
    ...(type !== undefined && { "content-type": type }),
    ...change.headers,
  };
  const { method } = operation;
  const response = await fetch(target, {
    method,
    headers,
    ...(body !== undefined && { body }),
  });
  const text = await textOf(response);
  const reply = { status: response.status, headers: response.headers, text };
  const sent = {
    method,
    target,
    headers,
    ...(typeof body === "string" && { body }),
    reply,
  };
  return {
    ...sent,
    operation,
    ...(name !== undefined && { example: `${media}: ${name}` }),
    faults: faultsOf(sent),
  };
}

function targetOf(
  { path, parameters }: DescribedOperation,
  change: Change,
): string {
  const filled = parameters
    .filter((parameter) => parameter.in === "path")
    .reduce(
      (at, { name, example = "" }) =>
        at.replace(
          `{${name}}`,
          encodeURI(change.path?.[name] ?? String(example)),
        ),
      path,
    );
  const query = new URLSearchParams(change.query).toString();
  return query === "" ? filled : `${filled}?${query}`;
}

function bodyOf({ body: described }: DescribedOperation, change: Change) {
  const [first] = Object.keys(described);
  const media = change.media ?? first;
  if (change.body !== undefined) return { media, body: change.body };
  if (media === undefined) return {};
  const examples = described[media]?.examples ?? {};
  if (media === "application/x-ndjson") {
    const lines = Object.values(examples).map(
      ({ value }) => `${JSON.stringify(value)}\n`,
    );
    return { media, name: "all", body: lines.join("") };
  }
  const [firstName] = Object.keys(examples);
  const name = change.example ?? firstName;
  if (name === undefined) return { media };
  const value = examples[name]?.value;
  const body = typeof value === "string" ? value : JSON.stringify(value);
  // Any type will do for a value.
  return { media, name, body };
}

/** The whole text; of a stream of events what there is with the first one. */
async function textOf(response: Response): Promise<string> {
  if (!response.headers.get("content-type")?.startsWith("text/event-stream"))
    return response.text();
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (/^data: .*\n/m.test(text)) break;
  }
  return text;
}
