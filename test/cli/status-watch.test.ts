/** `ringwalk status --watch`, and the bars of changes: live in a terminal, changes alone in a pipe, and on when a node dies. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Look } from "../../src/cli/status-watch.ts";
import { startMemoryNode, startMemoryRing } from "./in-process.ts";
import {
  noTerminals,
  printed,
  run,
  start,
  startInTerminal,
} from "./processes.ts";

describe("in a pipe", () => {
  test("a line of JSON for each change, until Ctrl-C, which is no error", async () => {
    const [one, two] = await startMemoryRing(["one", "two"]);
    const three = await startMemoryNode({ name: "three" });
    const args = ["status", "--json", "--watch", "--node", two.url];
    const watching = start(args);
    const lines: Buffer[] = [];
    watching.child.stdout?.on("data", (chunk: Buffer) => lines.push(chunk));
    const seen = () =>
      Buffer.concat(lines)
        .toString()
        .split("\n")
        .slice(0, -1)
        .map((line): Look["ring"] & { readonly error?: string } =>
          JSON.parse(line),
        );
    const lastSeen = () => seen().at(-1);
    const eventually = { timeout: 60_000 };
    await expect.poll(lastSeen, eventually).toMatchObject({ name: "two" });
    await three.node.join({ urls: [one.url] });
    await expect
      .poll(lastSeen, eventually)
      .toMatchObject({ phase: "stable", members: { length: 3 } });
    // The node that is asked goes; another member tells of the ring.
    await two.close();
    await expect
      .poll(lastSeen, eventually)
      .toMatchObject({ name: expect.stringMatching(/^(one|three)$/) });
    watching.child.kill("SIGINT");
    expect(await watching.finished).toMatchObject({ code: 0, stderr: "" });
    const states = seen();
    expect(states[0]).toMatchObject({ name: "two", members: { length: 2 } });
    const texts = states.map(({ ...state }) =>
      JSON.stringify({ ...state, seenAt: "" }),
    );
    for (const [index, text] of texts.entries())
      expect(text).not.toBe(texts[index - 1]);
  });

  test("without --json the whole view, again when it has changed; also while nobody answers", async () => {
    const solo = await startMemoryNode({ name: "solo" });
    const watching = start(["status", "--watch", "--node", solo.url]);
    await printed(watching, /seen by solo[\s\S]*decides layouts/);
    const told = printed(watching, /No member answers: .*It goes on when one/);
    await solo.close();
    await told;
    watching.child.kill("SIGTERM");
    const { code, stdout, stderr } = await watching.finished;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.match(/seen by solo/g)).toHaveLength(2);
  });

  test("a member that dies in an idle ring is seen: the asked node asks it while somebody watches", async () => {
    const [one, two] = await startMemoryRing(["one", "two"]);
    const three = await startMemoryNode({ name: "three" });
    await three.node.join({ urls: [one.url] });
    const watching = start(["status", "--watch", "--node", one.url]);
    await printed(watching, /seen by one[\s\S]*decides layouts/);
    const threeIsGone = printed(watching, /│ three .*suspected/);
    await three.close();
    await threeIsGone;
    // Nor is the node that was asked well when another one tells of the ring.
    const oneIsGone = printed(watching, /seen by two[\s\S]*│ one .*suspected/);
    await one.close();
    await oneIsGone;
    watching.child.kill("SIGINT");
    expect(await watching.finished).toMatchObject({ code: 0, stderr: "" });
    await two.close();
  });

  test("a node that was never there is an error", async () => {
    const solo = await startMemoryNode({ name: "solo" });
    await solo.close();
    const nobody = await run(["status", "--watch", "--node", solo.url]);
    expect(nobody).toMatchObject({ code: 5, stdout: "" });
  });
});

/** Something that answers as a node whose change takes as long as the test likes. */
async function startStandIn(answers: {
  readonly status: () => object;
  readonly leave: () => Promise<object>;
}): Promise<string> {
  const server = createServer(async ({ url }, answer) => {
    const body = url?.startsWith("/dht/leave")
      ? await answers.leave()
      : answers.status();
    const headers = { ringwalk: "1", "content-type": "application/json" };
    answer.writeHead(200, headers).end(JSON.stringify(body));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

/** Whether the cursor went up, over what was there. */
function isDrawnOver(shown: string): boolean {
  return shown.split("\u001b[").some((after) => /^\d*A/.test(after));
}

describe.skipIf(noTerminals)("in a terminal", () => {
  test("the view is drawn over, and stays when it is ended", async () => {
    const [one, two] = await startMemoryRing(["one", "two"]);
    const watching = startInTerminal(["status", "-w", "--node", one.url]);
    await expect
      .poll(watching.shown, { timeout: 60_000 })
      .toContain("\u001b[32mok (asked)");
    await expect
      .poll(() => isDrawnOver(watching.shown()), { timeout: 60_000 })
      .toBe(true);
    await one.close();
    await expect
      .poll(() => stripVTControlCharacters(watching.shown()), {
        timeout: 60_000,
      })
      .toMatch(/seen by two/);
    watching.type("\u0003");
    expect(await watching.ended).toBe(0);
    // The cursor is visible again.
    expect(watching.shown()).toContain("\u001b[?25h");
    await two.close();
  });

  test("a change that takes long has a bar, and none in a pipe", async () => {
    const node = {
      ...{ name: "one", url: "", weight: 1, guarantee: "durable" },
      ...{ isSelf: true, health: "self", partitions: 4 },
    };
    const joint = {
      ...{ name: "one", ringId: "R", epoch: 2, phase: "joint" },
      ...{ settings: {}, members: [node], systemMembers: ["one"] },
      progress: { partitionsDone: 2, partitionsTotal: 8, keysCopied: 7 },
    };
    const shown = Promise.withResolvers<void>();
    const url = await startStandIn({
      status: () => joint,
      leave: async () => {
        await shown.promise;
        return { epoch: 3, members: ["one"], isComplete: true };
      },
    });
    const leaving = startInTerminal(["leave", "--node", url]);
    await expect
      .poll(leaving.shown, { timeout: 60_000 })
      .toMatch(/leave █+░+ 25 %, 2 of 8 partitions, 7 keys copied/);
    shown.resolve();
    expect(await leaving.ended).toBe(0);
    expect(leaving.shown()).toMatch(/left, and is a ring of its own/);
    const piped = await run(["leave", "--node", url]);
    expect(piped).toMatchObject({ code: 0, stderr: "" });
  });
});
