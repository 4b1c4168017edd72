/** Has a member leave, or takes out a dead one: after it was said what that means. */
import type { Caller } from "./calls.ts";
import { closeDialog, Modal } from "./dialogs.tsx";
import { plural } from "./format.ts";
import { healthOf } from "./health.ts";
import type { RingData } from "./ring-data.ts";
import { TroubleNote } from "./trouble-note.tsx";
import { useAction } from "./use-action.ts";

interface RemoveDialogProps {
  caller: Caller;
  ring: RingData;
  name: string;
  /** Otherwise the next request may go to another node than `ring` calls its own, and have that one leave. */
  isLive: boolean;
  onClose: () => void;
}

/** The node that is read from leaves, any other member is removed; closes as soon as the change has begun. */
export function RemoveDialog({
  caller,
  ring,
  name,
  isLive,
  onClose,
}: RemoveDialogProps) {
  const { isBusy, trouble, run } = useAction();
  const member = ring.members.find((each) => each.name === name);
  const isSelf = member?.isSelf === true;
  const isDead =
    member !== undefined && healthOf(ring, member).label === "down";
  const remove = async (event: Event) => {
    const done = await run(() =>
      isSelf
        ? caller.call("/dht/leave?wait=0", { method: "POST" })
        : caller.call("/dht/remove?wait=0", {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify({ name }),
          }),
    );
    if (done) closeDialog(event);
  };
  const title = isSelf ? `${name} leaves` : `Remove ${name}`;
  return (
    <Modal title={title} onClose={onClose}>
      <p>
        {isDead
          ? `${name} does not answer. The others make the ${plural(member.partitions, "copy", "copies")} of partitions anew that it kept, from the replicas that are left. Should it come back, it is told that it was removed, and serves nothing until it joins again, empty.`
          : `${name} hands its ${plural(member?.partitions ?? 0, "copy", "copies")} of partitions to the other members. Reads and writes go on meanwhile. Then it is a ring of its own, with the keys that it was primary for.`}
      </p>
      <p>{afterwards(ring)}</p>
      <TroubleNote trouble={trouble} />
      <div class="buttons">
        <button
          type="button"
          class="danger"
          disabled={isBusy || !isLive}
          onClick={remove}
        >
          {isBusy ? "Asking the ring…" : isSelf ? "Let it leave" : "Remove it"}
        </button>
        <button type="button" class="quiet" autofocus onClick={closeDialog}>
          Cancel
        </button>
      </div>
    </Modal>
  );
}

/** How safe the data is when it is done. */
function afterwards({ members, settings }: RingData): string {
  const left = members.length - 1;
  const before = Math.min(settings.replicaCount, members.length);
  const after = Math.min(settings.replicaCount, left);
  if (after === before)
    return `${plural(left, "member")} are left, and each key keeps its ${plural(after, "copy", "copies")}.`;
  const warning =
    after === 1
      ? "a node that is lost then takes its keys with it."
      : after === 2
        ? "while one of two does not answer, the ring cannot serve."
        : "it stands fewer losses.";
  return `Only ${plural(left, "member")} will be left, so each key will have ${plural(after, "copy", "copies")} instead of ${before}: ${warning}`;
}
