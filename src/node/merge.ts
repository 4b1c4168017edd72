/** A replica of an eventual ring keeps a state that it is sent, unless it holds one with a higher ballot. */
import { mergeIntoRegister } from "../core/eventual.ts";
import { isEventual } from "../core/layout.ts";
import type { PeerReply, PeerRequest } from "../core/message.ts";
import { registerEmpty } from "../core/register.ts";
import { placeOf, registerOf, type Standing } from "./place.ts";
import { recordOf } from "./register-record.ts";
import type { ReplicaParts } from "./replica.ts";

/** No ring but an eventual one takes a state that no quorum has accepted. */
export async function mergeState(
  parts: ReplicaParts,
  standing: Standing,
  { key, ballot, entry, outside }: Extract<PeerRequest, { kind: "merge" }>,
): Promise<PeerReply> {
  const { layout } = standing;
  const place = placeOf(standing, { area: "key", key });
  if (place?.partition === undefined || !isEventual(layout))
    return { kind: "abstained", reason: "not-replica" };
  const { bucket, since, partition } = place;
  const update = parts.store.update<PeerReply>(bucket, key, (stored) => {
    // Nobody was promised anything: a record that cannot be read is lost, and whatever comes is better.
    const register = registerOf(stored, since) ?? registerEmpty;
    const taking = { epoch: layout.epoch, at: parts.clock.now() };
    const step = mergeIntoRegister(register, { ballot, entry }, taking);
    return step.register
      ? { write: recordOf(step.register), result: step.reply }
      : { result: step.reply };
  });
  // Once it has ended, however: what failed may be on the disk all the same, and a look too many finds nothing.
  const reply = await update.finally(() =>
    parts.schedule.note(partition, entry),
  );
  if (reply.kind === "merged") {
    parts.watchedKeys.changed(key);
    if (outside) parts.outsideAccepts.note(partition);
    if (parts.store.guarantee === "eventual") parts.laterLooks.note(partition);
  }
  return reply;
}
