/** `ringwalk dev`: a ring in one command, found again by the next, and gone with it. */
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { planDevNodes } from "../../src/cli/dev-plan.ts";
import {
  freePort,
  printed,
  type Running,
  start,
  temporaryFolder,
} from "./processes.ts";

async function isUnused(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}`).then(
    () => false,
    () => true,
  );
}

/** The process of the first node, once the ring is up. */
async function firstPid(dev: Running): Promise<number> {
  return Number(await printed(dev, /\(process (\d+)\)[\s\S]*Try:/));
}

test("forms a ring, stops cleanly on Ctrl-C, finds ring and data again, and tells when a node dies", async () => {
  const cwd = await temporaryFolder();
  const port = await freePort(3);
  const urls = [port, port + 1, port + 2].map(
    (each) => `http://127.0.0.1:${each}`,
  );
  const args = ["dev", "--port", String(port)];

  const first = start(args, { cwd });
  await printed(first, /Try:\n[\s\S]*status --node/);
  await fetch(`${urls[0]}/db/k`, { method: "PUT", body: "v" });
  expect(await (await fetch(`${urls[2]}/db/k`)).text()).toBe("v");
  first.child.kill("SIGINT");
  const stopped = await first.finished;
  expect(stopped).toMatchObject({ code: 0 });
  expect(stopped.stdout).toMatch(
    /A ring of 3 nodes, its data under \.ringwalk/,
  );
  for (const url of urls) {
    expect(stopped.stdout).toContain(`  ${url}  (process `);
    expect(await isUnused(Number(new URL(url).port))).toBe(true);
  }
  expect(stopped.stdout).toContain(
    `  curl -X PUT --data hello ${urls[0]}/db/greeting\n`,
  );
  expect(stopped.stdout).toContain(`  curl ${urls[1]}/db/greeting\n`);

  const second = start(args, { cwd });
  const victim = await firstPid(second);
  expect(await (await fetch(`${urls[1]}/db/k`)).text()).toBe("v");
  process.kill(victim, "SIGKILL");
  await printed(
    second,
    /node-\d+ was ended by SIGKILL\. The others go on/,
    "stderr",
  );
  expect(await (await fetch(`${urls[1]}/db/k`)).text()).toBe("v");
  second.child.kill("SIGTERM");
  expect((await second.finished).code).toBe(1);
});

test("its nodes end when it is killed without a chance to end them", async () => {
  const cwd = await temporaryFolder();
  const port = await freePort();
  const dev = start(["dev", "1", "--port", String(port), "--store", "memory"], {
    cwd,
  });
  await printed(dev, /Try:/);
  dev.child.kill("SIGKILL");
  await dev.finished;
  // The node sees that its channel is closed, and drains.
  await expect.poll(() => isUnused(port), { timeout: 20_000 }).toBe(true);
});

test("a node that cannot start stops the others, and says why", async () => {
  const cwd = await temporaryFolder();
  const port = await freePort(3);
  const blocker = createServer().listen(port + 1, "127.0.0.1");
  await once(blocker, "listening");
  const dev = await start(
    ["dev", "2", "--port", String(port), "--store", "memory"],
    { cwd },
  ).finished;
  blocker.close();
  expect(dev).toMatchObject({ code: 1, stdout: "" });
  expect(dev.stderr).toMatch(new RegExp(`node-${port + 1} \\| port_in_use: `));
  expect(dev.stderr).toMatch(/\ndev_failed: node-\d+ ended with code 1; .*\n$/);
  expect(await isUnused(port)).toBe(true);
});

describe("who founds and who joins", () => {
  const options = {
    nodeCount: 3,
    port: 8000,
    store: "sqlite",
    replicas: undefined,
    logLevel: "info",
  };

  /** For each node the ports that it joins, and whether it replaces itself. */
  function joinsOf(data: string, store = "sqlite") {
    return planDevNodes({ ...options, store, data }).map(({ args }) => [
      ...args.flatMap((arg, index) =>
        arg === "--join" ? [args[index + 1]?.slice(-4)] : [],
      ),
      ...(args.includes("--replace") ? ["replace"] : []),
    ]);
  }

  test("the first founds when nobody has data", async () => {
    const data = await temporaryFolder();
    expect(joinsOf(data)).toEqual([[], ["8000"], ["8000"]]);
  });

  test("a node without data joins those that have some, in its own place", async () => {
    const data = await temporaryFolder();
    for (const name of ["node-8001", "node-8002"])
      await mkdir(join(data, name));
    expect(joinsOf(data)).toEqual([["8001", "8002", "replace"], [], ["8001"]]);
    expect(joinsOf(data, "memory")).toEqual([[], ["8000"], ["8000"]]);
  });
});
