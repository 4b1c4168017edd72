/** The ring, live, from a Durable Object in workerd: one invites another, and tells how both fare. */
import { afterEach, expect, test } from "vitest";
import { authorization } from "../../scripts/chaos/secret.ts";
import { eventsOf } from "../../src/client/event-stream.ts";
import { until } from "../e2e/until.ts";
import { createEdgeNodes, type EdgeNodes } from "./edge-node.ts";

let nodes: EdgeNodes;
afterEach(() => nodes?.close());

test("an object invites another, and its stream tells of both", async () => {
  nodes = createEdgeNodes();
  const [a, b] = await Promise.all(
    ["a", "b"].map((name) => nodes.start({ name })),
  );
  if (!a || !b) throw new Error("two were started");
  await b.fetch("/db/k", { method: "PUT", body: "brought along" });
  const added = await a.fetch("/dht/add", {
    method: "POST",
    body: JSON.stringify({ url: b.url }),
  });
  expect(await added.json()).toMatchObject({
    members: ["a", "b"],
    isComplete: true,
  });
  // What it brings along may follow later.
  await until(
    async () => (await (await a.fetch("/db/k")).text()) === "brought along",
    "its keys have come along",
  );

  const { body } = await fetch(`${a.url}/dht/status`, {
    headers: { authorization, accept: "text/event-stream" },
  });
  if (!body) throw new Error("the stream has a body");
  for await (const { type, data } of eventsOf(body)) {
    if (type !== "status") continue;
    const { members, vitals } = JSON.parse(data);
    expect(members).toHaveLength(2);
    // The first is told before anybody was asked.
    if (Object.keys(vitals).length === 2) break;
  }
});
