/** `ringwalk-ring`: every answer names its ring, and a request that names another one is refused with nothing done. */
import { describe, expect, test } from "vitest";
import type { RingIdentity, RingNode } from "../../src/node/api.ts";
import { appOf } from "./stub-node.ts";

const wanted = (ring: string) => ({ headers: { "ringwalk-ring": ring } });

function appIn(identity: RingIdentity, more: Partial<RingNode> = {}) {
  return appOf({
    identity: () => identity,
    get: async () => ({ ok: true, value: undefined }),
    keys: async () => ({ ok: true, value: { keys: [] } }),
    peers: () => ["a"],
    ...more,
  });
}

describe("a node of ring R", () => {
  const identity = { ringId: "R", succeededIds: ["OLD"], leftRingId: "LEFT" };

  test.each(["/db/k", "/db?key=k", "/db", "/dht/peers"])(
    "names it at %s",
    async (path) => {
      const response = await appIn(identity).request(path);
      expect(response.headers.get("ringwalk-ring")).toBe("R");
    },
  );

  test.each(["R", "OLD"])("serves who wants %s", async (ring) => {
    const response = await appIn(identity).request("/db", wanted(ring));
    expect(response.status).toBe(200);
    expect(response.headers.get("ringwalk-ring")).toBe("R");
  });

  test.each(["GET", "PUT", "POST", "DELETE"])(
    "refuses a %s for another ring before it does anything",
    async (method) => {
      // A node that was told no answers: whatever reaches it is a defect.
      const response = await appOf({ identity: () => identity }).request(
        "/db/k",
        { method, ...wanted("LEFT") },
      );
      expect(response.status).toBe(421);
      expect(response.headers.get("ringwalk-ring")).toBe("R");
      expect(await response.json()).toMatchObject({
        code: "wrong_ring",
        details: { ringId: "R", leftRingId: "LEFT" },
      });
    },
  );
});

test("an answer from a node whose ring changed meanwhile names none", async () => {
  let ringId = "R";
  const app = appOf({
    identity: () => ({ ringId, succeededIds: [] }),
    get: async () => {
      ringId = "S";
      return { ok: true, value: undefined };
    },
  });
  const response = await app.request("/db/k");
  expect(response.headers.has("ringwalk-ring")).toBe(false);
});
