/** `ringwalk token`, and the token that other commands and the client send. */
import { beforeAll, describe, expect, test } from "vitest";
import { createByteClient } from "../../src/client/byte-client.ts";
import { UnauthorizedError } from "../../src/client/errors.ts";
import { startServer } from "../../src/runtime/nodejs.ts";
import type { RunningServer } from "../../src/runtime/server.ts";
import { openStore } from "../../src/store/open.ts";
import { run } from "./processes.ts";

const adminToken = "an-admin-token-of-thirty-letters";
let server: RunningServer;
beforeAll(async () => {
  server = await startServer({
    name: "solo",
    port: 0,
    adminToken,
    founding: { partitionCount: 16 },
    openStore: () => openStore({ kind: "memory" }),
  });
  return () => server.close();
});

const ringwalk = (args: readonly string[], token = adminToken) =>
  run(args, { env: { RINGWALK_NODE: server.url, RINGWALK_TOKEN: token } });

describe("ringwalk token", () => {
  test("makes one that works, lists it, and revokes it", async () => {
    const made = await ringwalk(
      "token create --name shop --right read --right write --prefix shop/".split(
        " ",
      ),
    );
    expect(made).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^rw_\w{16}_\w{32}\n$/),
    });
    const token = made.stdout.trim();
    const [, id = ""] = token.split("_");
    expect(made.stderr).toContain(id);
    const put = (key: string) => ringwalk(["put", key, "v"], token);
    expect(await put("shop/open")).toMatchObject({ code: 0 });
    const elsewhere = await put("bank/open");
    expect(elsewhere).toMatchObject({ code: 1, stdout: "" });
    expect(elsewhere.stderr).toMatch(/^forbidden: .*"shop\/"/);

    const listed = await ringwalk(["token", "list"]);
    expect(listed.stdout).toContain(id);
    expect(listed.stdout).toContain("shop/");
    expect(listed.stdout).not.toContain(token);
    const asJson = await ringwalk(["token", "list", "--json"]);
    expect(JSON.parse(asJson.stdout)).toEqual([
      {
        id,
        name: "shop",
        rights: ["read", "write"],
        prefix: "shop/",
        createdAt: expect.any(Number),
      },
    ]);

    for (let time = 0; time < 2; time++)
      expect(await ringwalk(["token", "revoke", id])).toMatchObject({
        code: 0,
        stdout: "",
      });
    expect((await put("shop/open")).stderr).toMatch(/^unauthorized: /);
    expect(await ringwalk(["token", "list", "--json"])).toMatchObject({
      stdout: "[]\n",
    });
  });

  test("makes one with an end, as JSON", async () => {
    const { stdout } = await ringwalk(
      "token create --name backup --right read --ttl 86400 --json".split(" "),
    );
    const made = JSON.parse(stdout);
    expect(made).toMatchObject({ name: "backup", rights: ["read"] });
    expect(made.expiresAt - made.createdAt).toBe(86_400_000);
    await ringwalk(["token", "revoke", made.id]);
  });

  test("is for admins", async () => {
    const { token } = JSON.parse(
      (
        await ringwalk(
          "token create --name all --right read --right write --json".split(
            " ",
          ),
        )
      ).stdout,
    );
    for (const args of [
      ["list"],
      ["create", "--name", "n", "--right", "admin"],
      ["revoke", "aaaaaaaaaaaaaaaa"],
    ])
      expect(await ringwalk(["token", ...args], token)).toMatchObject({
        code: 1,
        stdout: "",
        stderr: expect.stringMatching(/^forbidden: .*admin/),
      });
  });

  test.each([
    [["token"], /usage: /],
    [["token", "make"], /create, list or revoke/],
    [["token", "list", "x"], /too many/],
    [["token", "create"], /--name/],
    [["token", "create", "--name", "n"], /--right/],
    [["token", "create", "--name", "n", "--right", "own"], /--right/],
    [
      ["token", "create", "--name", "n", "--right", "read", "--ttl", "-1"],
      /--ttl -1/,
    ],
    [["token", "revoke"], /by its id/],
  ])("%j is wrong usage", async (args, message) => {
    const ended = await ringwalk(args);
    expect(ended).toMatchObject({ code: 2, stdout: "" });
    expect(ended.stderr).toMatch(message);
  });
});

describe("the client", () => {
  test("sends its token, and says what is wrong with it in a class of its own", async () => {
    const clientWith = (token?: string) =>
      createByteClient({
        nodes: [server.url],
        ...(token !== undefined && { token }),
      });
    await clientWith(adminToken).putBytes("mine", new Uint8Array(1));
    for (const token of [
      undefined,
      "wrong",
      `rw_${"a".repeat(16)}_${"a".repeat(32)}`,
    ]) {
      const refused = clientWith(token).putBytes("mine", new Uint8Array(2));
      await expect(refused).rejects.toThrow(UnauthorizedError);
      await expect(refused).rejects.toMatchObject({
        code: "unauthorized",
        status: 401,
      });
    }
    const created = await server.node.tokens.create({
      name: "r",
      rights: ["read"],
    });
    const reader = clientWith(created.ok ? created.value.token : "");
    expect((await reader.getBytes("mine"))?.bytes).toEqual(new Uint8Array(1));
    const refused = reader.delete("mine");
    await expect(refused).rejects.toThrow(UnauthorizedError);
    await expect(refused).rejects.toMatchObject({
      code: "forbidden",
      status: 403,
      details: { right: "write" },
    });
    expect(await reader.has("mine")).toBe(true);
  });

  test("is told of each operation that travels with others", async () => {
    const created = await server.node.tokens.create({
      name: "together",
      rights: ["read", "write"],
      prefix: "mine/",
    });
    const client = createByteClient({
      nodes: [server.url],
      token: created.ok ? created.value.token : "",
    });
    const put = (key: string) => client.putBytes(key, new Uint8Array(1));
    const keys = ["mine/1", "theirs/1", "mine/2", "theirs/2"];
    const ends = await Promise.allSettled(keys.map(put));
    expect(ends.map(({ status }) => status)).toEqual([
      "fulfilled",
      "rejected",
      "fulfilled",
      "rejected",
    ]);
    for (const end of ends)
      if (end.status === "rejected") {
        expect(end.reason).toBeInstanceOf(UnauthorizedError);
        expect(end.reason).toMatchObject({
          code: "forbidden",
          details: { prefix: "mine/" },
        });
      }
  });

  test("sends it to its nodes alone: a redirect is not followed", async () => {
    const seen: string[] = [];
    const fetch: typeof globalThis.fetch = async (input, init) => {
      const request = new Request(input, init);
      seen.push(
        `${request.url} ${request.headers.get("authorization")} ${request.redirect}`,
      );
      return new Response(null, {
        status: 307,
        headers: { location: "http://evil.example/" },
      });
    };
    const client = createByteClient({
      nodes: ["http://a.example"],
      token: "t",
      timeoutMs: 500,
      fetch,
    });
    await expect(client.has("k")).rejects.toThrow();
    expect(new Set(seen)).toEqual(
      new Set(["http://a.example/db/k Bearer t manual"]),
    );
  });
});
