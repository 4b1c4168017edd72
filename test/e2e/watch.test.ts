/** `ringwalk watch` over real processes: its node is killed, the next one is stopped, and it misses nothing that stayed. */
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { start } from "../cli/processes.ts";
import { put as putValue } from "./calls.ts";
import { nodesForTest } from "./test-nodes.ts";
import { until } from "./until.ts";

interface Line {
  readonly id: string;
  readonly value?: string;
  readonly absent?: boolean;
}

function watchOf(args: readonly string[]) {
  const running = start(["watch", ...args, "--json"]);
  const lines: Line[] = [];
  if (!running.child.stdout) throw new Error("it has a standard output");
  createInterface({ input: running.child.stdout }).on("line", (line) =>
    lines.push(JSON.parse(line)),
  );
  return {
    ...running,
    lines,
    until: (value: string | undefined) =>
      until(
        () => lines.length > 0 && lines.at(-1)?.value === value,
        `the watch shows ${value}`,
      ),
  };
}

test("a watch goes on at another node when its own is killed, and when that one is stopped", async () => {
  const nodes = await nodesForTest({});
  const [a, b, c] = await nodes.startRing(["a", "b", "c"]);
  if (!a || !b || !c) throw new Error("three were started");
  // It is told of one node alone, and learns of the others.
  const watch = watchOf(["k", "--node", a.url]);
  await watch.until(undefined);
  await putValue(b, "k", "1");
  await watch.until("1");

  await a.kill();
  await putValue(b, "k", "2");
  await watch.until("2");

  await a.restart();
  await b.stop();
  await putValue(c, "k", "3");
  await watch.until("3");
  await putValue(a, "k", "4");
  await watch.until("4");
  expect(watch.lines.map(({ value }) => value)).toEqual([
    undefined,
    "1",
    "2",
    "3",
    "4",
  ]);

  watch.child.kill("SIGINT");
  expect(await watch.finished).toMatchObject({ code: 0, stderr: "" });

  // Who comes again with an id goes on behind it, and ends when it has what it came for.
  const [, first] = watch.lines;
  const again = start([
    ...["watch", "k", "--node", c.url, "--after", first?.id ?? ""],
    ...["--count", "1"],
  ]);
  expect(await again.finished).toMatchObject({ code: 0, stdout: "4\n" });
});
