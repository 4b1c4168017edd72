/** The ring secret is changed while the ring serves, as SECURITY.md tells: three rounds of restarts, and nobody is refused. */
import { expect, test } from "vitest";
import { createByteClient } from "../../src/client/byte-client.ts";
import { createCall } from "../../src/client/call.ts";
import type { MemberStatus } from "../../src/client/status.ts";
import { requestToken } from "../../src/client/token-request.ts";
import { call } from "./calls.ts";
import type { NodeProcess } from "./nodes.ts";
import { nodesForTest } from "./test-nodes.ts";
import { until } from "./until.ts";

const before = "the-secret-of-yesterday";
const after = "the-secret-of-tomorrow";
const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });

const rounds = [
  ["--secret", before, "--secret-also", after],
  ["--secret", after, "--secret-also", before],
  ["--secret", after],
];

test("every operation is served while each node is restarted three times", async () => {
  const { start } = await nodesForTest();
  const first = await start("a", "--secret", before);
  const joined = ["--secret", before, "--join", first.url];
  const nodes = [
    first,
    await start("b", ...joined),
    await start("c", ...joined),
  ];
  const { token } = await requestToken(
    {
      call: createCall({ headers: bearer(before) }),
      node: first.url,
      timeoutMs: 30_000,
    },
    { name: "load", rights: ["read", "write"] },
  );
  const load = startLoad(nodes, token);
  for (const secrets of rounds)
    for (const node of nodes) {
      const known = secrets[1] ?? "";
      await load.untilServed(20);
      await node.stop();
      await load.untilServed(20);
      await node.restart(...secrets);
      await until(() => areAllWell(nodes, known), "all are well");
    }
  await load.untilServed(20);
  expect(await load.end()).toEqual([]);
  for (const node of nodes) {
    const statusFor = async (secret: string) =>
      (await call(node, "/dht/status", { headers: bearer(secret) })).status;
    expect([await statusFor(before), await statusFor(after)]).toEqual([
      401, 200,
    ]);
  }
}, 180_000);

/** Whether each node has reached the others since it last could not; both secrets are taken in the first two rounds. */
async function areAllWell(
  nodes: readonly NodeProcess[],
  secret: string,
): Promise<boolean> {
  for (const node of nodes) {
    const answer = await call(node, "/dht/status", { headers: bearer(secret) });
    if (answer.status === 401) {
      // Not restarted yet: it knows the other one.
      await answer.arrayBuffer();
      continue;
    }
    const { members } = (await answer.json()) as {
      readonly members: readonly MemberStatus[];
    };
    if (members.some(({ health }) => health === "suspected")) return false;
  }
  return true;
}

/** Clients that put and read back their own keys through all nodes; gives what went wrong. */
function startLoad(nodes: readonly NodeProcess[], token: string) {
  const client = createByteClient({
    nodes: nodes.map(({ url }) => url),
    token,
  });
  const failures: string[] = [];
  let servedCount = 0;
  let isOver = false;
  const work = Array.from({ length: 4 }, async (_, index) => {
    for (let version = 0; !isOver; version++) {
      try {
        const text = `version ${version}`;
        await client.putBytes(`key/${index}`, new TextEncoder().encode(text));
        const read = await client.getBytes(`key/${index}`);
        const found = new TextDecoder().decode(read?.bytes);
        if (found !== text) failures.push(`${found} instead of ${text}`);
        servedCount++;
      } catch (error) {
        failures.push(String(error));
      }
    }
  });
  return {
    async untilServed(count: number) {
      const goal = servedCount + count;
      await until(
        () => servedCount >= goal || failures.length > 0,
        `${count} operations are served`,
      );
    },
    async end(): Promise<readonly string[]> {
      isOver = true;
      await Promise.all(work);
      return failures;
    },
  };
}
