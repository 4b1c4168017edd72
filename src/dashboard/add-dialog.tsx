/** Adds a node by its url: the node that is asked invites it. */
import type { Caller } from "./calls.ts";
import { closeDialog, fieldOf, Modal } from "./dialogs.tsx";
import { TroubleNote } from "./trouble-note.tsx";
import { useAction } from "./use-action.ts";

interface AddDialogProps {
  caller: Caller;
  onClose: () => void;
}

/** Closes as soon as the node was invited: the join itself shows in the ring. */
export function AddDialog({ caller, onClose }: AddDialogProps) {
  const { isBusy, trouble, run } = useAction();
  const add = async (event: Event) => {
    event.preventDefault();
    const url = fieldOf(event, "url").trim();
    const done = await run(() =>
      caller.call("/dht/add?wait=0", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ url }),
      }),
    );
    if (done) closeDialog(event);
  };
  return (
    <Modal title="Add a node" onClose={onClose}>
      <p>
        Start a node first (<code>ringwalk serve -p 8005</code>), with the
        secret of this ring if it has one. It is then told to join: it brings
        its keys along and takes its share of the partitions, while reads and
        writes go on.
      </p>
      <form onSubmit={add}>
        <label for="url">Url of the node</label>
        <input
          id="url"
          name="url"
          type="url"
          placeholder="http://127.0.0.1:8005"
          pattern="https?://.+"
          spellcheck={false}
          required
          autofocus
        />
        <TroubleNote trouble={trouble} />
        <div class="buttons">
          <button type="submit" class="main" disabled={isBusy}>
            {isBusy ? "Asking it…" : "Add it"}
          </button>
          <button type="button" class="quiet" onClick={closeDialog}>
            Cancel
          </button>
        </div>
      </form>
    </Modal>
  );
}
