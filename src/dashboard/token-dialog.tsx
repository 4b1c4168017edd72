/** Asks for a token, which stays in this tab and goes with each request in a header. */
import { closeDialog, fieldOf, Modal } from "./dialogs.tsx";
import type { Feed, FeedState } from "./feed.ts";
import { readToken } from "./session.ts";
import { TroubleNote } from "./trouble-note.tsx";

interface TokenDialogProps {
  feed: Feed;
  state: FeedState;
  onClose: () => void;
}

/** Takes any text: whether the token is good, the node says when it is asked again. */
export function TokenDialog({ feed, state, onClose }: TokenDialogProps) {
  const hasToken = readToken() !== undefined;
  const isRefused = state.phase === "asking" && hasToken;
  return (
    <Modal title="Token" onClose={onClose}>
      <p>
        A ring with a secret asks who you are.{" "}
        <code>ringwalk token create</code> makes a token: <em>read</em> to look,{" "}
        <em>write</em> to change keys, <em>admin</em> to change the ring.
      </p>
      {isRefused && <TroubleNote trouble={state.trouble} />}
      <form
        onSubmit={(event: Event) => {
          event.preventDefault();
          const token = fieldOf(event, "token").trim();
          closeDialog(event);
          feed.useToken(token === "" ? undefined : token);
        }}
      >
        <label for="token">Token</label>
        <input
          id="token"
          name="token"
          type="password"
          autocomplete="off"
          spellcheck={false}
          required
          autofocus
        />
        <p class="faint small">
          It is kept until this tab is closed, and sent to nodes of this ring
          alone.
        </p>
        <div class="buttons">
          <button type="submit" class="main">
            Use it
          </button>
          {hasToken && (
            <button
              type="button"
              onClick={(event: Event) => {
                closeDialog(event);
                feed.useToken(undefined);
              }}
            >
              Forget it
            </button>
          )}
          <button type="button" class="quiet" onClick={closeDialog}>
            Cancel
          </button>
        </div>
      </form>
    </Modal>
  );
}
