/** What the check of a known token takes in a process by itself: a ratio of requests drowns in what else a machine does. */

import { secretDigest } from "../../src/core/secret.ts";
import { drawToken, formatToken } from "../../src/core/token.ts";
import { createAccess } from "../../src/http/authentication.ts";
import { systemClock, systemRandom } from "../../src/runtime/system-ports.ts";

const rounds = 15;
const checksPerRound = 200_000;
const answer = { status: 200, headers: {}, body: null };

/** Nanoseconds that it adds to a request, in the best and in the median of the rounds. */
export async function checkCostNs(): Promise<{
  readonly best: number;
  readonly median: number;
}> {
  const token = drawToken(systemRandom);
  const record = {
    name: "bench",
    rights: ["read"],
    createdAt: 0,
    digest: secretDigest(token.secret),
  } as const;
  const guard = (secret?: string) =>
    createAccess({
      secret,
      clock: systemClock,
      tokens: {
        find: async () => ({ ok: true, value: record }),
        ringId: () => "ring",
      },
    }).guard({ rights: ["read"], of: "ring" })(() => answer);
  const request = new Request("http://127.0.0.1/db/k", {
    headers: { authorization: `Bearer ${formatToken(token)}` },
  });
  const time = async (handler: ReturnType<typeof guard>) => {
    const started = performance.now();
    for (let check = 0; check < checksPerRound; check++)
      await handler(request, { rights: [] });
    return ((performance.now() - started) * 1e6) / checksPerRound;
  };
  const open = guard();
  const guarded = guard("the-secret-of-the-bench");
  const times = { open: [] as number[], guarded: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    times.open.push(await time(open));
    times.guarded.push(await time(guarded));
  }
  const at = (numbers: readonly number[], index: number) =>
    [...numbers].sort((a, b) => a - b)[index] ?? Number.NaN;
  const cost = (index: number) =>
    Math.round(at(times.guarded, index) - at(times.open, index));
  return { best: cost(0), median: cost(Math.floor(rounds / 2)) };
}
