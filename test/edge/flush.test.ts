/** What an object in workerd says part by part waits for its disk: the platform's output gate does not hold that back. */
import { afterEach, expect, test } from "vitest";
import { until } from "../e2e/until.ts";
import { createEdgeNodes, type EdgeNodes } from "./edge-node.ts";

let nodes: EdgeNodes;
afterEach(() => nodes?.close());

test("a line of a bulk request leaves when its write is flushed", async () => {
  nodes = createEdgeNodes();
  const node = await nodes.start({ name: "a" });
  await node.holdFlushes();
  const course: string[] = [];
  const line = node
    .fetch("/db", {
      method: "POST",
      headers: { "content-type": "application/x-ndjson" },
      body: `${JSON.stringify({ op: "put", key: "k", value: "v" })}\n`,
    })
    .then((answer) => answer.text())
    .finally(() => course.push("left"));
  await until(
    async () => (await (await node.fetch("/db/k")).text()) === "v",
    "the value is written",
  );
  course.push("flushed");
  await node.flush();
  expect(await line).toContain('"status":200');
  expect(course).toEqual(["flushed", "left"]);
});
