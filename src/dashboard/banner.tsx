/** What stands above everything when the page is not live, or not of the node that it came from. */
import type { Dialog } from "./dialogs.tsx";
import type { FeedState } from "./feed.ts";
import { healthOf } from "./health.ts";
import { Icon } from "./icon.tsx";
import { readToken } from "./session.ts";

interface BannerProps {
  state: FeedState;
  home: string;
  onDialog: (dialog: Dialog) => void;
}

/** Shows nothing unless a token is wanted, the node is lost, or another one is read from than that at `home`. */
export function Banner({ state, home, onDialog }: BannerProps) {
  const { phase, base, ring, trouble } = state;
  if (phase === "asking")
    return (
      <div class="banner" role="alert">
        <p>
          <b>This ring asks who you are.</b>{" "}
          {readToken() === undefined
            ? "Give it a token that may look."
            : trouble?.message}
        </p>
        <button type="button" onClick={() => onDialog({ kind: "token" })}>
          Give a token
        </button>
      </div>
    );
  if (phase === "lost")
    return (
      <div class="banner bad" role="alert">
        <Icon name="warn" />
        <div>
          <p>
            <b>{ring?.name ?? "The node"} does not answer.</b>{" "}
            {ring ? "What you see is as it was. " : ""}
            {trouble ? `${trouble.message} (${trouble.code}) ` : ""}
            Trying again; look at the node&rsquo;s process and its log.
          </p>
          <Others state={state} />
        </div>
      </div>
    );
  if (ring && base !== home)
    return (
      <div class="banner" role="status">
        <Icon name="warn" />
        <p>
          The node that this page came from does not answer: you see the ring
          through <b>{ring.name}</b>.
        </p>
      </div>
    );
  return null;
}

function Others({ state: { ring } }: { state: FeedState }) {
  const others =
    ring?.members.filter(
      (member) => !member.isSelf && healthOf(ring, member).kind !== "bad",
    ) ?? [];
  if (others.length === 0) return null;
  return (
    <p>
      Other members&rsquo; pages:{" "}
      {others.map(({ name, url }) => (
        <a key={name} href={pageOf(url)} rel="noreferrer">
          {name}
        </a>
      ))}
    </p>
  );
}

/** A member's page; nothing where its url is none that a browser should follow. */
export function pageOf(url: string): string | undefined {
  return /^https?:\/\//.test(url) ? url : undefined;
}
