/** The registers that decide layouts belong to one ring each, although two rings of a force share a store. */
import { expect, test } from "vitest";
import { nothingEntry } from "../../src/core/entry.ts";
import type { Layout } from "../../src/core/layout.ts";
import { encodeLayout } from "../../src/core/layout-codec.ts";
import { layoutKey } from "../../src/node/layout-register.ts";
import { openStore } from "../../src/store/open.ts";
import { loneAcceptor } from "./lone-acceptor.ts";
import { loneLayout } from "./lone-layout.ts";

const address = { area: "system", key: layoutKey(2) } as const;
const ballot = (counter: number) => ({ epoch: 1, counter, proposer: "p" });

test("what was accepted in a ring that gave way to another one is no proposal there", async () => {
  const { replica } = loneAcceptor(await openStore({ kind: "memory" }));
  const standingIn = (layout: Layout) => ({ layout, memberId: "m", space: 0 });
  const given = loneLayout({ partitionCount: 1 }, "given-way");
  const value = encodeLayout({ ...given, epoch: 2 });
  const entry = { ...nothingEntry(ballot(5), 0), value };
  expect(
    await replica.handle(standingIn(given), {
      kind: "accept",
      ...address,
      ballot: ballot(5),
      entry,
    }),
  ).toMatchObject({ kind: "accepted" });
  // There it is what a proposer has to carry on.
  expect(
    await replica.handle(standingIn(given), {
      kind: "prepare",
      ...address,
      ballot: ballot(6),
    }),
  ).toMatchObject({ kind: "promised", entry: { value } });

  const went = loneLayout({ partitionCount: 1 }, "went-on");
  const reply = await replica.handle(standingIn(went), {
    kind: "prepare",
    ...address,
    ballot: ballot(7),
  });
  expect(reply).toMatchObject({
    kind: "promised",
    accepted: { epoch: 0, counter: 0 },
  });
  expect(reply).not.toHaveProperty("entry");
  // What was promised is promised still.
  expect(
    await replica.handle(standingIn(went), {
      kind: "prepare",
      ...address,
      ballot: ballot(6),
    }),
  ).toMatchObject({ kind: "refused" });
});
