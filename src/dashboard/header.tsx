/** The line at the top: whose ring it is, whether what is shown is live, and the switches. */
import type { Dialog } from "./dialogs.tsx";
import type { FeedState } from "./feed.ts";
import { plural } from "./format.ts";
import { Icon } from "./icon.tsx";
import { readToken } from "./session.ts";
import { ThemeSwitch } from "./theme.tsx";

interface HeaderProps {
  state: FeedState;
  onDialog: (dialog: Dialog) => void;
}

/** Names no ring before one was told. */
export function Header({ state, onDialog }: HeaderProps) {
  const { ring, phase } = state;
  const hasToken = readToken() !== undefined;
  return (
    <header>
      <span class="mark">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <circle cx="16" cy="16" r="11" />
          <circle class="dot" cx="16" cy="5" r="4" />
        </svg>
        ringwalk
      </span>
      {ring && (
        <span class="where">
          <b>{ring.name}</b>
          <span class="faint">
            {` in a ring of ${plural(ring.members.length, "member")}, epoch ${ring.epoch}`}
          </span>
        </span>
      )}
      <span class={`pulse ${phase}`} id="phase">
        <i aria-hidden="true" />
        {words[phase]}
      </span>
      <button
        type="button"
        class="quiet icon-button"
        aria-label={hasToken ? "Token: given" : "Token: none given"}
        title={hasToken ? "Change or forget the token" : "Give a token"}
        onClick={() => onDialog({ kind: "token" })}
      >
        <Icon name="key" />
      </button>
      <ThemeSwitch />
    </header>
  );
}

const words: Readonly<Record<FeedState["phase"], string>> = {
  connecting: "Connecting",
  live: "Live",
  lost: "Not live",
  asking: "Token needed",
  resting: "Resting",
};
