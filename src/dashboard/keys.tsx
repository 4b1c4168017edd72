/** The keys of the ring: search, pages, and the one that is open. */
import { useCallback, useEffect, useRef, useState } from "hono/jsx/dom";
import type { Looked } from "./app.tsx";
import type { Caller, Trouble } from "./calls.ts";
import type { Dialog } from "./dialogs.tsx";
import { plural, visible } from "./format.ts";
import { Icon } from "./icon.tsx";
import { holdersOf, KeyPanel } from "./key-panel.tsx";
import { TroubleNote } from "./trouble-note.tsx";

interface KeysProps {
  caller: Caller;
  isLive: boolean;
  onLooked: (looked: Looked | undefined) => void;
  onDialog: (dialog: Dialog) => void;
}

interface Listing {
  readonly keys: readonly string[];
  readonly cursor?: string;
}

const pageKeys = 50;
const typingMs = 200;

/** A key that is open, or a new one: `undefined` inside has no name yet. */
type Opened = { readonly name: string | undefined };

/** Lists what begins with the typed text, and says by `onLooked` which key the picture is to show, if any. */
export function Keys({ caller, isLive, ...panel }: KeysProps) {
  const { onLooked } = panel;
  const [prefix, setPrefix] = useState("");
  const [listing, setListing] = useState<Listing | undefined>(undefined);
  const [trouble, setTrouble] = useState<Trouble | undefined>(undefined);
  const [opened, setOpened] = useState<Opened | undefined>(undefined);
  const newest = useRef(0);

  const list = useCallback(
    async (sought: string, known?: Listing) => {
      // What was asked for before this, and comes after it, is not shown.
      const mine = (newest.current ?? 0) + 1;
      newest.current = mine;
      const query = new URLSearchParams({
        scope: "ring",
        limit: String(pageKeys),
        prefix: sought,
        ...(known?.cursor !== undefined && { cursor: known.cursor }),
      });
      const called = await caller.call(`/db?${query}`, {
        headers: { accept: "application/json" },
      });
      if (newest.current !== mine) return;
      const allowed = called.ok ? undefined : called.trouble.prefix;
      if (sought === "" && allowed !== undefined) {
        // Nobody asked for other keys yet: the reader begins with those that the token is for.
        setPrefix(allowed);
        return;
      }
      setTrouble(called.ok ? undefined : called.trouble);
      if (!called.ok) return;
      const page = (await called.value.json()) as Listing;
      setListing({ ...page, keys: [...(known?.keys ?? []), ...page.keys] });
    },
    [caller],
  );

  useEffect(() => {
    if (!isLive) return;
    const timer = setTimeout(() => void list(prefix), typingMs);
    return () => clearTimeout(timer);
  }, [prefix, isLive, list]);

  // Where the typed key falls shows while it is typed; an open key shows its own place.
  useEffect(() => {
    if (!isLive || opened !== undefined || prefix === "") return;
    let isOver = false;
    const timer = setTimeout(async () => {
      const holders = await holdersOf(caller, prefix);
      if (!isOver && holders) onLooked({ key: prefix, holders });
    }, typingMs);
    return () => {
      isOver = true;
      clearTimeout(timer);
      onLooked(undefined);
    };
  }, [prefix, isLive, opened, caller, onLooked]);

  const changed = () => void list(prefix);
  return (
    <section class="card keys" aria-labelledby="keys-title">
      <div class="title-row">
        <h2 id="keys-title">Keys</h2>
        <button type="button" onClick={() => setOpened({ name: undefined })}>
          <Icon name="plus" /> New key
        </button>
      </div>
      <div class="halves">
        <div class="browse">
          <form
            class="search"
            onSubmit={(event: Event) => {
              event.preventDefault();
              if (prefix !== "") setOpened({ name: prefix });
            }}
          >
            <label class="unseen" for="prefix">
              Search keys by their beginning; Enter opens the key of exactly
              this name
            </label>
            <Icon name="search" />
            <input
              id="prefix"
              type="search"
              value={prefix}
              placeholder="Find by prefix, or type a key and press Enter"
              autocomplete="off"
              spellcheck={false}
              onInput={({ target }: Event) => {
                if (target instanceof HTMLInputElement) setPrefix(target.value);
              }}
            />
          </form>
          <TroubleNote trouble={trouble} />
          <KeyList
            listing={listing}
            prefix={prefix}
            opened={opened?.name}
            onOpen={(name) => setOpened({ name })}
            onMore={() => void list(prefix, listing)}
          />
        </div>
        {opened ? (
          <KeyPanel
            key={opened.name ?? "\u0000new"}
            caller={caller}
            name={opened.name}
            onChanged={changed}
            onOpen={(name) =>
              setOpened(name === undefined ? undefined : { name })
            }
            {...panel}
          />
        ) : (
          <div class="empty">
            <Icon name="key" />
            <p>
              Choose a key, or type one: you see its value, where on the ring it
              falls, and which revision each replica holds.
            </p>
          </div>
        )}
      </div>
    </section>
  );
}

interface KeyListProps {
  listing: Listing | undefined;
  prefix: string;
  opened: string | undefined;
  onOpen: (name: string) => void;
  onMore: () => void;
}

function KeyList({ listing, prefix, opened, onOpen, onMore }: KeyListProps) {
  if (!listing) return <p class="faint">Keys show here.</p>;
  const { keys, cursor } = listing;
  const isEmpty = keys.length === 0 && cursor === undefined;
  return (
    <>
      {isEmpty && (
        <p class="faint">
          {prefix === ""
            ? "There are no keys yet. “New key” puts the first."
            : "No key begins so. Enter opens it as a new one."}
        </p>
      )}
      <ul class="key-list">
        {keys.map((name) => (
          <li key={name}>
            <button
              type="button"
              aria-current={name === opened ? "true" : undefined}
              onClick={() => onOpen(name)}
            >
              {visible(name)}
            </button>
          </li>
        ))}
      </ul>
      <p class="faint small" role="status">
        {!isEmpty &&
          `${plural(keys.length, "key")}${cursor === undefined ? "" : ", and more"}`}
      </p>
      {cursor !== undefined && (
        <button type="button" onClick={onMore}>
          More
        </button>
      )}
    </>
  );
}
