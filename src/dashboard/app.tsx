/** The page: the ring, its members, its keys, and what has happened. */
import {
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
} from "hono/jsx/dom";
import type { KeyHolders } from "../node/holders.ts";
import { Banner } from "./banner.tsx";
import { type Dialog, Dialogs } from "./dialogs.tsx";
import type { Feed } from "./feed.ts";
import { Header } from "./header.tsx";
import { Keys } from "./keys.tsx";
import { Members } from "./members.tsx";
import { NewsList } from "./news-list.tsx";
import { RingCard } from "./ring-card.tsx";
import { sharesOf } from "./shares.ts";

/** A key that is open, or being typed: where it falls shows in the picture. */
export interface Looked {
  readonly key: string;
  readonly holders: KeyHolders;
}

/** Holds what more than one part shows: which member is chosen, which key is looked at, which dialog is open. */
export function App({ feed, home }: { feed: Feed; home: string }) {
  const state = useSyncExternalStore(feed.subscribe, feed.state);
  const [pointed, setPointed] = useState<string | undefined>(undefined);
  const [pinned, setPinned] = useState<string | undefined>(undefined);
  const chosen = pointed ?? pinned;
  const [looked, setLooked] = useState<Looked | undefined>(undefined);
  const [dialog, setDialog] = useState<Dialog | undefined>(undefined);
  const { ring, table } = state;
  const shares = useMemo(
    () => (ring ? sharesOf(ring, table) : []),
    [ring, table],
  );
  // Who does not want to give a token may look at what is there.
  const [isDismissed, setDismissed] = useState(false);
  const isAsking = state.phase === "asking";
  useEffect(() => {
    if (!isAsking) setDismissed(false);
  }, [isAsking]);
  useEffect(() => {
    document.title = ring ? `${ring.name} · ringwalk` : "ringwalk";
  }, [ring?.name]);
  const shown =
    dialog ??
    (isAsking && !isDismissed ? ({ kind: "token" } as const) : undefined);
  return (
    <>
      <Header state={state} onDialog={setDialog} />
      <Banner state={state} home={home} onDialog={setDialog} />
      <main>
        <h1 class="unseen">The ring of {ring?.name ?? "this node"}</h1>
        <RingCard
          state={state}
          shares={shares}
          chosen={chosen}
          looked={looked}
          onPoint={setPointed}
        />
        <Members
          state={state}
          shares={shares}
          chosen={chosen}
          pinned={pinned}
          onPoint={setPointed}
          onPin={setPinned}
          onDialog={setDialog}
        />
        <Keys
          caller={feed.caller}
          isLive={state.phase === "live"}
          onLooked={setLooked}
          onDialog={setDialog}
        />
        <NewsList news={state.news} />
      </main>
      <Dialogs
        dialog={shown}
        state={state}
        feed={feed}
        onClose={() => {
          setDialog(undefined);
          setDismissed(feed.state().phase === "asking");
        }}
      />
    </>
  );
}
