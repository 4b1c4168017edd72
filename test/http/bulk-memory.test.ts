/** A bulk request of any length goes through a node whose heap is a fraction of it, in both directions. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect, onTestFinished, test } from "vitest";

/** More than the node's heap can hold, which is told in bulk-process.ts. */
const bodyBytes = 200 * 2 ** 20;
const valueBytes = 16 * 1024;

/** Lines for as many bytes, made as they are asked for: a few hundred keys, written again and again, and read. */
function* lines(): Generator<string> {
  const value = "v".repeat(valueBytes);
  let sentBytes = 0;
  for (let index = 0; sentBytes < bodyBytes; index++) {
    const put = { op: "put", key: `k${index % 500}`, value };
    const get = { op: "get", key: `k${(index * 7) % 500}` };
    const line = JSON.stringify(index < 500 || index % 4 ? put : get);
    sentBytes += line.length + 1;
    yield `${line}\n`;
  }
}

/** Sends the lines, and counts the answers by their status, reading as it sends. */
async function exchange(port: number) {
  const sending = request({
    host: "127.0.0.1",
    port,
    path: "/db",
    method: "POST",
    headers: { "content-type": "application/x-ndjson" },
  });
  let lineCount = 0;
  function* counted() {
    for (const line of lines()) {
      lineCount++;
      yield line;
    }
  }
  Readable.from(counted()).pipe(sending);
  const [answer] = await once(sending, "response");
  const statuses = new Map<string, number>();
  let rest = "";
  for await (const chunk of answer.setEncoding("utf8")) {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop() ?? "";
    for (const line of parts) {
      const status = /"status":(\d+)/.exec(line)?.[1] ?? line;
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  }
  return { lineCount, statuses: Object.fromEntries(statuses) };
}

test("200 MiB of lines pass through a node with a heap of 48 MiB", {
  timeout: 300_000,
}, async () => {
  const child = fork(join(import.meta.dirname, "bulk-process.ts"), {
    execArgv: ["--max-old-space-size=48", "--max-semi-space-size=2"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [{ port }] = await once(child, "message");
  const { lineCount, statuses } = await exchange(port);
  expect(lineCount).toBeGreaterThan(10_000);
  expect(statuses).toEqual({ 200: lineCount });
  child.send("memory");
  const [{ peakBytes, atStartBytes }] = await once(child, "message");
  // Buffers are not in the heap: what the process held in all, above what it had before.
  expect(peakBytes - atStartBytes).toBeLessThan(bodyBytes / 2);
});
