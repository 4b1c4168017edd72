/** One key: its value, to read and to write, and where it lives. */
import { useCallback, useEffect, useRef, useState } from "hono/jsx/dom";
import type { KeyHolders } from "../node/holders.ts";
import type { Looked } from "./app.tsx";
import { type Caller, keyPath, shortRevision, type Trouble } from "./calls.ts";
import type { Dialog } from "./dialogs.tsx";
import { formatBytes, formatTime, formatTtl, visible } from "./format.ts";
import { Holders } from "./holders.tsx";
import { KeyForm } from "./key-form.tsx";
import { type StoredValue, storedValueIn } from "./stored-value.ts";
import { TroubleNote } from "./trouble-note.tsx";

interface KeyPanelProps {
  caller: Caller;
  /** Absent: a new key, which has no name yet. */
  name: string | undefined;
  onChanged: () => void;
  onOpen: (name: string | undefined) => void;
  onLooked: (looked: Looked | undefined) => void;
  onDialog: (dialog: Dialog) => void;
}

/** What was read: `found` is absent when there is no such key. */
interface Read {
  readonly found?: StoredValue;
  readonly holders?: KeyHolders;
  readonly walk?: string;
  /** Counts the readings: a form of an older one is not the form of this one. */
  readonly id: number;
}

/**
 * Reads a key that has a name, and its holders, as soon as it is shown, and tells the picture by `onLooked`; when it
 * goes, that there is nothing to show any more.
 */
export function KeyPanel({ caller, name, ...given }: KeyPanelProps) {
  const { onLooked, onOpen, onChanged, onDialog } = given;
  const [read, setRead] = useState<Read | undefined>(undefined);
  const [trouble, setTrouble] = useState<Trouble | undefined>(undefined);
  const [isSaved, setSaved] = useState(false);
  const title = useRef<HTMLHeadingElement>(null);
  const readCount = useRef(0);

  const look = useCallback(async () => {
    if (name === undefined) return;
    const mine = (readCount.current ?? 0) + 1;
    readCount.current = mine;
    const isMissing = (status: number) => status === 404;
    const [value, holders] = await Promise.all([
      caller.call(
        keyPath(name),
        { headers: { "ringwalk-trace": "1" } },
        (status) => status < 300 || isMissing(status),
      ),
      holdersOf(caller, name),
    ]);
    const found =
      value.ok && value.value.headers.has("etag")
        ? await storedValueIn(value.value)
        : undefined;
    const walk = value.ok ? value.value.headers.get("ringwalk-walk") : null;
    if (readCount.current !== mine) return;
    setTrouble(value.ok ? undefined : value.trouble);
    setRead({
      id: mine,
      ...(found && { found }),
      ...(holders && { holders }),
      ...(walk !== null && { walk }),
    });
    onLooked(holders && { key: name, holders });
  }, [caller, name, onLooked]);

  useEffect(() => {
    title.current?.focus();
    void look();
    return () => {
      readCount.current = -1;
      onLooked(undefined);
    };
  }, [look, onLooked]);

  // The form that had the focus may have been replaced by a newer one.
  useEffect(() => {
    if (document.activeElement === document.body) title.current?.focus();
  }, [read?.id]);

  const found = read?.found;
  return (
    <div class="key-panel">
      <div class="title-row">
        <h3 ref={title} tabindex={-1}>
          {name === undefined ? (
            "New key"
          ) : (
            <code class="key">{visible(name)}</code>
          )}
        </h3>
        <button type="button" class="quiet" onClick={() => onOpen(undefined)}>
          Close
        </button>
      </div>
      <p class="saved" role="status">
        {isSaved ? "Saved." : ""}
      </p>
      {found && <Facts found={found} />}
      {read && !found && !trouble && (
        <p class="faint">There is no such key yet. Saving makes it.</p>
      )}
      <TroubleNote trouble={trouble} />
      {!read && !trouble && name !== undefined && (
        <p class="faint" role="status">
          Reading…
        </p>
      )}
      {(name === undefined || (read && !trouble)) && (
        <KeyForm
          key={read?.id ?? 0}
          caller={caller}
          name={name}
          found={found}
          onSaved={(saved) => {
            onChanged();
            if (saved === name) void look().then(() => setSaved(true));
            else onOpen(saved);
          }}
          onReload={() => void look()}
          {...(found &&
            name !== undefined && {
              onDelete: () =>
                onDialog({
                  kind: "delete",
                  name,
                  revision: found.revision,
                  onDone: () => {
                    onChanged();
                    onOpen(undefined);
                  },
                }),
            })}
        />
      )}
      {read?.holders && (
        <Holders
          holders={read.holders}
          walk={read.walk}
          onLook={() => void look()}
        />
      )}
    </div>
  );
}

/** Absent where the token is not for this key, or nobody answers: the value's own trouble says so. */
export async function holdersOf(
  caller: Caller,
  key: string,
): Promise<KeyHolders | undefined> {
  const query = new URLSearchParams({ key });
  const called = await caller.call(`/dht/holders?${query}`);
  return called.ok ? called.value.json() : undefined;
}

function Facts({ found }: { found: StoredValue }) {
  const { revision, byteCount, modifiedAt, ttlSeconds } = found;
  return (
    <dl class="facts">
      <div>
        <dt>Revision</dt>
        <dd>
          <code title={revision}>{shortRevision(revision)}</code>
        </dd>
      </div>
      <div>
        <dt>Size</dt>
        <dd>{formatBytes(byteCount)}</dd>
      </div>
      <div>
        <dt>Changed</dt>
        <dd>
          {new Date(modifiedAt).toLocaleDateString()} {formatTime(modifiedAt)}
        </dd>
      </div>
      <div>
        <dt>Expires</dt>
        <dd>
          {ttlSeconds === undefined ? "never" : `in ${formatTtl(ttlSeconds)}`}
        </dd>
      </div>
    </dl>
  );
}
