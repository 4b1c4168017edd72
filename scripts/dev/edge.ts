/** `npm run dev:edge`: three nodes as Workers under `wrangler dev`, in one ring. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { consola } from "consola";
import { startWranglerNode, type WranglerNode } from "./wrangler-node.ts";

const firstPort = 8787;
const isRequest = / (GET|HEAD|PUT|POST|DELETE) \//;
const names = ["a", "b", "c"];

const nodes: WranglerNode[] = [];
const stopAll = () => Promise.all(nodes.map((node) => node.stop()));
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => void stopAll());

try {
  for (const [index, name] of names.entries()) {
    consola.start(`starting ${name}`);
    const node = await startWranglerNode({
      name,
      port: firstPort + index,
      persistTo: join(".ringwalk", `worker-${name}`),
      join: nodes.slice(0, 1).map(({ url }) => url),
      onLine: (line) => {
        // Requests would bury everything else: nodes talk to one another.
        if (!isRequest.test(line)) consola.log(`${name}: ${line}`);
      },
    });
    nodes.push(node);
    await untilInRing(node, nodes.length);
    consola.success(`${name} is in the ring, at ${node.url}`);
  }
  const [first] = nodes;
  if (first)
    consola.box(
      `curl -X PUT ${first.url}/db/greeting -d hello\ncurl ${nodes.at(-1)?.url}/db/greeting\n\nCtrl-C ends the ring; its data stays in .ringwalk/`,
    );
  await Promise.all(nodes.map(({ ended }) => ended));
} catch (error) {
  consola.error(error);
  process.exitCode = 1;
  await stopAll();
}

/** A node joins when it is first asked something. */
async function untilInRing({ url }: WranglerNode, count: number) {
  for (;;) {
    const answer = await fetch(`${url}/dht/status`);
    const { members, phase } = (await answer.json()) as {
      members: readonly unknown[];
      phase: string;
    };
    if (members.length >= count && phase === "stable") return;
    await sleep(100);
  }
}
