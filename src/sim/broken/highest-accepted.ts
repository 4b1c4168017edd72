/** What a majority of a key's old replicas has accepted at the highest ballot: how the broken copies read. */
import { ballotZero, compareBallots } from "../../core/ballot.ts";
import type { Entry } from "../../core/entry.ts";
import { type Layout, partitionOfKey, replicasOf } from "../../core/layout.ts";
import { isReached } from "../../core/quorum.ts";
import type { Voters } from "../../node/voters.ts";

/** Absent when there is no majority, or nothing that it has accepted. */
export async function highestAccepted(
  { voters }: { readonly voters: Voters },
  layout: Layout,
  key: string,
): Promise<Entry | undefined> {
  const ids = replicasOf(layout, partitionOfKey(layout, key)).map(
    ({ id }) => id,
  );
  const answered: string[] = [];
  let top: Entry | undefined;
  let accepted = ballotZero;
  await Promise.all(
    ids.map(async (id) => {
      const request = {
        kind: "read",
        area: "key",
        key,
        withEntry: true,
      } as const;
      const reply = await voters.ask(layout, id, request);
      if (reply.kind !== "state") return;
      answered.push(id);
      if (compareBallots(reply.accepted, accepted) <= 0) return;
      accepted = reply.accepted;
      top = reply.entry;
    }),
  );
  return isReached([ids], answered) ? top : undefined;
}
