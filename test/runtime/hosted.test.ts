/** What becomes of a request when the platform loses or overloads an object. */
import { describe, expect, test } from "vitest";
import type { Environment } from "../../src/runtime/cloudflare.ts";
import { addressed, askObject, workerUrlOf } from "../../src/runtime/hosted.ts";
import worker from "../../src/runtime/worker.ts";
import { workerSettings } from "../../src/runtime/worker-settings.ts";
import { readAnswer } from "../../src/transport/answer-body.ts";

const settings = workerSettings({ SECRET: "s", NODES: "a,b=weur" });
if (typeof settings === "string") throw new Error(settings);

function environment(fail: object | undefined) {
  const seen: { name?: string; hint?: string; headers?: Headers } = {};
  const NODE: Environment["NODE"] = {
    getByName: (name, options) => ({
      async fetch({ headers }) {
        const hint = options?.locationHint;
        Object.assign(seen, { name, headers, ...(hint && { hint }) });
        if (fail) throw Object.assign(new Error("the platform's"), fail);
        return new Response("ok");
      },
    }),
  };
  return { environment: { NODE }, seen };
}

function ask(fail: object | undefined, method = "GET", path = "/db/k") {
  const request = new Request(`https://host${path}`, { method });
  return askObject(environment(fail).environment, settings as never, {
    name: "a",
    request,
  });
}

describe("an object that", () => {
  test.each(["GET", "PUT"])(
    "has too much to do has done nothing: %s",
    async (method) => {
      const answer = await ask({ overloaded: true }, method);
      expect(answer.status).toBe(503);
      expect(answer.headers.get("retry-after")).not.toBeNull();
      expect(await answer.json()).toMatchObject({ code: "overloaded" });
    },
  );

  test("was lost may be read again", async () => {
    const answer = await ask({ retryable: true });
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ code: "no_quorum" });
  });

  test.each([
    ["PUT", "/db/k"],
    ["POST", "/db/k"],
    ["DELETE", "/db/k"],
    ["GET", "/dht/leave"],
    ["GET", "/dht/leave?wait=0"],
  ])(
    "was lost during a %s of %s leaves it unknown, for peers too",
    async (method, path) => {
      const answer = await ask({ retryable: true }, method, path);
      expect(answer.status).toBe(504);
      expect((await readAnswer(answer, 1000)).kind).toBe("unknown");
    },
  );
});

test("an object is told its name, and put where it was said; no caller says it", async () => {
  const { environment: given, seen } = environment(undefined);
  const request = new Request("https://host/nodes/b/db/a%2Fb?x=%20", {
    headers: { "ringwalk-node": "a" },
  });
  const target = addressed(settings, request);
  expect(target?.request.url).toBe("https://host/db/a%2Fb?x=%20");
  if (!target) throw new Error("there is such a node");
  await askObject(given, settings, target);
  expect(seen.name).toBe("b");
  expect(seen.hint).toBe("weur");
  expect(seen.headers?.get("ringwalk-node")).toBe("b");
});

test("a cron trigger that makes an object puts it where it was said", async () => {
  const { environment: given, seen } = environment(undefined);
  await worker.scheduled(undefined, { ...given, SECRET: "s", NODES: "b=weur" });
  expect(seen).toMatchObject({ name: "b", hint: "weur" });
});

test.each([
  ["http://ringwalk.me.workers.dev/db/k", "https://ringwalk.me.workers.dev"],
  ["https://example.com/?http://", "https://example.com"],
  ["http://example.com:8080/", "http://example.com:8080"],
  ["http://127.0.0.1:8787/", "http://127.0.0.1:8787"],
  ["http://[::1]/", "http://[::1]"],
  ["http://localhost/", "http://localhost"],
])("a Worker that is first asked at %s is at %s", (url, expected) => {
  expect(workerUrlOf({ url })).toBe(expected);
});
