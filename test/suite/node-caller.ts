/** How the tests of a node over HTTP call it. */
import { expect } from "vitest";
import { faultsOf } from "./api-exchange.ts";
import type { NodeCapabilities, RunningNode } from "./node.ts";

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  readonly text: string;
}

export interface Call {
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array | ReadableStream<Uint8Array>;
  /** Whether the caller shows nothing of what it knows; else it sends the ring's secret, if there is one. */
  readonly isStranger?: boolean;
}

export interface Caller {
  readonly capabilities: NodeCapabilities;
  /** One request; every answer is checked for the protocol header, and compared with the OpenAPI document. */
  (method: string, path: string, call?: Call): Promise<Reply>;
  /** A GET whose answer has no end. */
  stream(
    path: string,
    headers: Record<string, string>,
  ): Promise<{
    readonly headers: Headers;
    readonly body: ReadableStream<Uint8Array>;
  }>;
}

export function createCaller(
  capabilities: NodeCapabilities,
  node: () => RunningNode,
): Caller {
  const { secret } = capabilities;
  const known: Record<string, string> =
    secret === undefined ? {} : { authorization: `Bearer ${secret}` };
  const call = async (
    method: string,
    path: string,
    { headers, body, isStranger = false }: Call = {},
  ): Promise<Reply> => {
    const response = await node().fetch(node().url + path, {
      method,
      headers: {
        ...(!isStranger && known),
        ...headers,
      },
      body: body as BodyInit,
      ...(body instanceof ReadableStream && { duplex: "half" }),
    });
    expect(response.headers.get("ringwalk"), `${method} ${path}`).toBe("1");
    const bytes = new Uint8Array(await response.arrayBuffer());
    const text = new TextDecoder().decode(bytes);
    const reply = { status: response.status, headers: response.headers, text };
    const sent = typeof body === "string" ? { body } : {};
    const faults = faultsOf({
      method,
      target: path,
      headers: headers ?? {},
      ...sent,
      reply,
    });
    expect(faults, `${method} ${path} and the OpenAPI document`).toEqual([]);
    return { ...reply, bytes };
  };
  const stream: Caller["stream"] = async (path, given) => {
    const url = node().url + path;
    const { status, headers, body } = await node().fetch(url, {
      headers: { ...known, ...given },
    });
    expect(status, `GET ${path}`).toBe(200);
    if (!body) throw new Error("a stream has a body");
    return { headers, body };
  };
  return Object.assign(call, { capabilities, stream });
}

/** A problem's code, once its status and type were checked. */
export function codeOf(reply: Reply): string {
  expect(reply.headers.get("content-type")).toBe("application/problem+json");
  const problem = JSON.parse(reply.text);
  expect(problem).toMatchObject({
    status: reply.status,
    detail: expect.stringMatching(/\S/),
  });
  return problem.code;
}

/** What a request must leave as it is when it is refused: every key with its value, and the layout. */
export async function contentOf(call: Caller): Promise<unknown> {
  const { text } = await call("GET", "/db");
  const keys = text.split("\r\n").filter((line) => line !== "");
  const values: string[] = [];
  for (const line of keys) {
    const query = encodeURIComponent(decodeURIComponent(line));
    const { headers } = await call("HEAD", `/db?key=${query}`);
    values.push(`${line} ${headers.get("etag")}`);
  }
  const status = await call("GET", "/dht/status");
  const { ringId, epoch, settings, members } = JSON.parse(status.text);
  return { values, ringId, epoch, settings, members };
}

/** The key as it stands in a path. */
export function pathOf(key: string): string {
  return `/db/${encodeURIComponent(key)}`;
}
