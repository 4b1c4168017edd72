/** What cannot be: joins that are refused, a port and a data folder in use. Each says why with a stable code, and the nodes still serve. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { freePort, run } from "../cli/processes.ts";
import { call, get, peersAt, put } from "./calls.ts";
import type { NodeProcess } from "./nodes.ts";
import { nodesForTest } from "./test-nodes.ts";

async function expectServing(
  node: NodeProcess,
  peers: readonly string[],
): Promise<void> {
  const text = String(performance.now());
  await put(node, "still", text);
  expect(await get(node, "still")).toBe(`200 ${text}`);
  expect(await peersAt(node)).toEqual(peers);
}

/** A web server that knows nothing of rings. */
async function startForeignServer(): Promise<string> {
  const server = createServer((_, response) => response.end("hello"));
  await new Promise<void>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve()),
  );
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Asks the node to join; gives the status and the code of the problem that it answers. */
async function refusal(node: NodeProcess, body: string): Promise<string> {
  const response = await call(node, "/dht/join", { method: "POST", body });
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const problem: unknown = await response.json();
  expect(problem).toMatchObject({ detail: expect.stringMatching(/\w/) });
  const { code } = problem as { code: string };
  return `${response.status} ${code}`;
}

describe("a join", () => {
  test("that cannot be is refused with the reason, and both sides serve on", async () => {
    const nodes = await nodesForTest();
    const [a, b] = (await nodes.startRing(["a", "b"])) as [
      NodeProcess,
      NodeProcess,
    ];
    const lonely = await nodes.start("lonely");
    const namesake = await nodes.start("a", "--data", "namesake");
    const dead = `http://127.0.0.1:${await freePort()}`;
    const foreign = await startForeignServer();
    const others = JSON.stringify({
      urls: [a.url],
      expected: { replicaCount: 2 },
    });
    const attempts: [NodeProcess, body: string, refusal: string][] = [
      [lonely, dead, "502 join_unreachable"],
      [lonely, foreign, "502 join_not_a_node"],
      [lonely, lonely.url, "400 join_itself"],
      [lonely, `http://localhost:${lonely.port}`, "400 join_itself"],
      [lonely, others, "409 join_settings_differ"],
      [lonely, "here:and:there", "400 invalid_body"],
      [namesake, b.url, "409 name_taken"],
    ];
    for (const [node, body, expected] of attempts) {
      expect(await refusal(node, body)).toBe(expected);
      await expectServing(node, [node.name]);
    }
    await expectServing(a, ["a", "b"]);

    const command = await run(["join", dead, "--node", lonely.url]);
    expect(command).toMatchObject({ code: 5, stdout: "" });
    expect(command.stderr).toMatch(/^join_unreachable: .*\n$/);

    // One url that answers is enough, wherever it stands.
    const urls = [dead, foreign, b.url];
    const joined = await run(["join", ...urls, "--node", lonely.url]);
    expect(joined).toMatchObject({ code: 0, stderr: "" });
    await expectServing(lonely, ["lonely", "a", "b"]);
    // Once more is no error, and changes nothing.
    const again = await run(["join", a.url, "--node", lonely.url]);
    expect(again).toMatchObject({ code: 0, stderr: "" });
    await expectServing(b, ["b", "a", "lonely"]);
  });
});

describe("a second process", () => {
  test.each(["sqlite", "fs"] as const)(
    "on the port or the %s folder of a node ends with the reason, and the node serves on",
    async (store) => {
      const nodes = await nodesForTest({ store });
      const first = await nodes.start("first");
      const serve = (...args: string[]) =>
        run(["serve", "--store", store, ...args], { cwd: nodes.folder });
      const samePort = await serve("-n", "second", "-p", String(first.port));
      expect(samePort).toMatchObject({ code: 1, stdout: "" });
      expect(samePort.stderr).toMatch(/^port_in_use: .*\n$/);
      const sameFolder = await serve("-n", "first", "-p", "0");
      expect(sameFolder).toMatchObject({ code: 1, stdout: "" });
      expect(sameFolder.stderr).toMatch(/^data_folder_in_use: .*\n$/);
      await expectServing(first, ["first"]);
      await first.kill();
      // The folder is free with the process, however that ended.
      await first.restart();
      await expectServing(first, ["first"]);
    },
  );
});
