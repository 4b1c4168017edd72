/** What `ringwalk dev` says of its nodes is so: also when one of them left, or is missing. */
import { expect, test } from "vitest";
import { type DevNodeSeen, devBanner } from "../../src/cli/dev-banner.ts";

const names = ["node-8000", "node-8001", "node-8002"];
const seen = (name: string, more: Partial<DevNodeSeen> = {}): DevNodeSeen => ({
  name,
  url: `http://127.0.0.1:${name.slice(5)}`,
  pid: 7,
  ringId: "R",
  members: names,
  ...more,
});
const bannerOf = (...nodes: DevNodeSeen[]) =>
  devBanner(nodes, { where: "in memory", command: "ringwalk" });

test("one ring", () => {
  expect(bannerOf(...names.map((name) => seen(name)))).toBe(`
A ring of 3 nodes, its data in memory. Ctrl-C stops it.

  node-8000  http://127.0.0.1:8000  (process 7)
  node-8001  http://127.0.0.1:8001  (process 7)
  node-8002  http://127.0.0.1:8002  (process 7)

Dashboard: http://127.0.0.1:8000/

Try:

  curl -X PUT --data hello http://127.0.0.1:8000/db/greeting
  curl http://127.0.0.1:8001/db/greeting
  ringwalk status --node http://127.0.0.1:8000

`);
});

test("the first node has left: both rings are told, what to try works, and so does the way back", () => {
  const [first = "", ...others] = names;
  expect(
    bannerOf(
      seen(first, { ringId: "S", members: [first] }),
      ...others.map((name) => seen(name, { members: others })),
    ),
  ).toBe(`
3 nodes in 2 rings, their data in memory. Ctrl-C stops them.

Ring S: node-8000
  node-8000  http://127.0.0.1:8000  (process 7)

Ring R: node-8001, node-8002
  node-8001  http://127.0.0.1:8001  (process 7)
  node-8002  http://127.0.0.1:8002  (process 7)

node-8000 is not in the ring of node-8001: what is put there is not found here. To bring it in:
  ringwalk join http://127.0.0.1:8001 --node http://127.0.0.1:8000

Dashboard: http://127.0.0.1:8001/

Try:

  curl -X PUT --data hello http://127.0.0.1:8001/db/greeting
  curl http://127.0.0.1:8002/db/greeting
  ringwalk status --node http://127.0.0.1:8001

`);
});

test("a member that was not started", () => {
  expect(bannerOf(seen("node-8000"), seen("node-8001"))).toContain(
    "\nNot running: node-8002. To start all: ringwalk dev 3\n",
  );
});
