/** The document of the API is of this app: its routes, no more and no fewer; and what compares answers with it compares. */
import { describe, expect, test } from "vitest";
import { routePathOf } from "../../src/http/key-path.ts";
import { openApiDocument } from "../../src/http/openapi/document.ts";
import { describedOperations } from "../suite/api-description.ts";
import { type Exchange, faultsOf } from "../suite/api-exchange.ts";
import { startMemoryNode } from "./memory-node.ts";

/** The path by which the app routes a described one. */
function routeOf(path: string): string {
  return routePathOf(new Request(`http://node${path.replace(/[{}]/g, "")}`));
}

test("every route of the app is described, and nothing else: src/http/openapi/ is where a new one goes", async () => {
  const node = await startMemoryNode();
  const routes = node.app.routes
    .filter(({ method }) => method !== "ALL")
    .map(({ method, path }) => `${method} ${path}`);
  const described = describedOperations
    .filter(({ method }) => method !== "HEAD")
    .map(({ method, path }) => `${method} ${routeOf(path)}`);
  expect([...new Set(described)].sort()).toEqual([...new Set(routes)].sort());

  for (const path of new Set(
    describedOperations.map(({ path }) => routeOf(path)),
  )) {
    const methods = describedOperations
      .filter((operation) => routeOf(operation.path) === path)
      .map(({ method }) => method);
    const refused = await node.fetch(node.url + path, { method: "PROPFIND" });
    const allowed = refused.headers.get("allow")?.split(", ") ?? [];
    expect([path, ...allowed.sort()]).toEqual([
      path,
      ...[...new Set(methods)].sort(),
    ]);
  }
  await node.close();
});

test("a node serves it", async () => {
  const node = await startMemoryNode({
    secret: "correct-horse-battery-staple",
  });
  const answer = await node.fetch(`${node.url}/openapi.json`);
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual(openApiDocument());
  await node.close();
});

describe("the comparison finds", () => {
  const problem = (code: string) =>
    JSON.stringify({ status: 503, code, detail: "why" });
  const sent = (
    given: Partial<Exchange["reply"]>,
    request: Partial<Exchange> = {},
  ) => {
    const headers = new Headers({
      ringwalk: "1",
      "content-type": "application/json",
    });
    const reply = { status: 200, headers, text: "{}", ...given };
    return faultsOf({
      method: "PATCH",
      target: "/db/k",
      ...request,
      reply,
    }).join();
  };
  const typed = (type: string, rest: Record<string, string> = {}) =>
    new Headers({ ringwalk: "1", "content-type": type, ...rest });
  const problemHeaders = typed("application/problem+json", {
    "retry-after": "1",
  });

  test("nothing where all is well", () => {
    expect(sent({ text: '{"value":1}' })).toBe("");
    expect(
      sent({
        status: 503,
        headers: problemHeaders,
        text: problem("no_quorum"),
      }),
    ).toBe("");
  });
  test("another status", () =>
    expect(sent({ status: 201 })).toContain("no answer 201"));
  test("another type", () =>
    expect(sent({ headers: typed("text/html") })).toContain("text/html"));
  test("a missing field", () =>
    expect(sent({ text: "{}" })).toContain("value"));
  test("a field that nobody described", () =>
    expect(sent({ text: '{"value":1,"colour":2}' })).toContain("colour"));
  test("another code", () =>
    expect(
      sent({
        status: 503,
        headers: problemHeaders,
        text: problem("name_taken"),
      }),
    ).toContain("no_quorum"));
  test("a header that is not there", () =>
    expect(
      sent({
        status: 503,
        headers: typed("application/problem+json"),
        text: problem("no_quorum"),
      }),
    ).toContain("retry-after"));
  test("a header that nobody described", () =>
    expect(
      sent({
        text: '{"value":1}',
        headers: typed("application/json", { "x-ttl": "1" }),
      }),
    ).toContain("x-ttl"));
  test("a parameter that should have been refused", () => {
    expect(sent({ text: '{"value":1}' }, { target: "/db/k?ttl=60" })).toContain(
      "ttl",
    );
    expect(
      sent({ text: "" }, { method: "PUT", target: "/db/k?ttl=x" }),
    ).toContain("ttl=x");
    expect(sent({ text: '{"value":1}' }, { target: "/db" })).toContain(
      "does without key",
    );
  });
  test("a body that should have been refused", () =>
    expect(sent({ text: '{"value":1}' }, { body: '{"op":"double"}' })).not.toBe(
      "",
    ));
  test("an answer at a path that is not described", () =>
    expect(sent({}, { target: "/nowhere" })).toContain("no operation"));
  test("a line, and an event, that is not described", () => {
    const line = typed("application/x-ndjson");
    expect(
      sent(
        { headers: line, text: '{"end":false}' },
        { method: "GET", target: "/db" },
      ),
    ).not.toBe("");
    const events = typed("text/event-stream");
    const text = "event: value\nid: 1\ndata: {}\n\n";
    expect(sent({ headers: events, text }, { method: "GET" })).toContain(
      "etag",
    );
  });
});
