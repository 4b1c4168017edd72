/** A batch is bounded by what its requests carry, whatever kind of request carries it. */

import { expect, test } from "vitest";
import { ballotZero } from "../../src/core/ballot.ts";
import { batchBytesMax } from "../../src/core/limits.ts";
import { memoryFrom } from "../../src/core/memory.ts";
import type { PeerRequest } from "../../src/core/message.ts";
import type { Operation } from "../../src/core/operation.ts";
import { createBatcher } from "../../src/node/batcher.ts";

const value = new Uint8Array(batchBytesMax / 2);

const execute = (operation: Operation): PeerRequest => ({
  kind: "execute",
  attempt: "a",
  key: "k",
  operation,
  after: ballotZero,
  mayRepeat: false,
  timeoutMs: 1,
});
const put = execute({ kind: "put", id: "i", value });
const imported = execute({
  kind: "import",
  id: "i",
  entry: { value, createdAt: 1, modifiedAt: 1 },
});
const accept: PeerRequest = {
  kind: "accept",
  area: "key",
  key: "k",
  ballot: ballotZero,
  entry: {
    value,
    createdAt: 1,
    modifiedAt: 1,
    revision: ballotZero,
    memory: memoryFrom(ballotZero),
  },
};

test.each([
  ["puts", put],
  ["imports", imported],
  ["accepts", accept],
])("large %s travel alone, small requests together", async (_, large) => {
  const batches: number[] = [];
  const batcher = createBatcher({
    send: async (requests) => {
      batches.push(requests.length);
      return requests.map(() => ({ kind: "done" }));
    },
    concurrencyMax: 1,
  });
  const ping: PeerRequest = { kind: "ping" };
  const requests = [ping, ping, large, large, large, ping, ping];
  await Promise.all(requests.map((request) => batcher.add(request)));
  expect(batches).toEqual([3, 1, 3]);
});
