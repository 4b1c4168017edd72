/** A member that hangs (it takes messages and never answers) must not hold up a membership change at each partition. */
import { expect, test } from "vitest";
import { stage } from "./stage.ts";

const partitions = { partitionCount: 512 };

// The founder stands first among those who would drive a change.
test.each(["a", "d"])(
  "%s, which hangs, is removed in seconds",
  async (name) => {
    const { pause, nodeOf, timed } = await stage(
      ["a", "b", "c", "d"],
      partitions,
    );
    pause(name);
    const { answer, seconds } = await timed(nodeOf("b").remove({ name }));
    expect(answer).toMatchObject({ ok: true, value: { isComplete: true } });
    expect(seconds).toBeLessThan(15);
  },
);

test.each(["a", "d"])(
  "a node joins in seconds while %s hangs",
  async (name) => {
    const { start, pause, timed } = await stage(
      ["a", "b", "c", "d"],
      partitions,
    );
    pause(name);
    const joiner = await start("e");
    const { answer, seconds } = await timed(
      joiner.join({ urls: ["http://b", "http://c"] }),
    );
    expect(answer).toMatchObject({ ok: true });
    expect(seconds).toBeLessThan(15);
  },
);
