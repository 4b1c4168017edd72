/** The value of a key as a form: saved only over the revision that was read. */
import { useState } from "hono/jsx/dom";
import { asciiJson } from "../client/ascii-json.ts";
import { type Call, type Caller, keyPath } from "./calls.ts";
import { fieldOf } from "./dialogs.tsx";
import {
  beginningOf,
  lineEndOf,
  type StoredValue,
  uneditableReason,
} from "./stored-value.ts";
import { TroubleNote } from "./trouble-note.tsx";
import { useAction } from "./use-action.ts";

interface KeyFormProps {
  caller: Caller;
  /** Absent: the form asks for it. */
  name: string | undefined;
  /** Absent: there is none yet, and must be none when it is saved. */
  found: StoredValue | undefined;
  onSaved: (name: string) => void;
  onReload: () => void;
  /** Absent: there is nothing to delete. */
  onDelete?: () => void;
}

/** Calls `onSaved` with the key that was written; on a conflict it keeps the reader's text, and offers `onReload`. */
export function KeyForm(props: KeyFormProps) {
  const { caller, name, found, onSaved, onReload, onDelete } = props;
  const { isBusy, trouble, run } = useAction();
  const [kept, setKept] = useState("");
  const whyNot = found && uneditableReason(found);
  const save = async (event: Event) => {
    event.preventDefault();
    const target = name ?? fieldOf(event, "key");
    setKept(fieldOf(event, "value"));
    const { path, call } = writeOf(event, target, found);
    const done = await run(() => caller.call(path, call));
    if (done) onSaved(target);
  };
  return (
    <form class="key-form" onSubmit={save}>
      {name === undefined && (
        <>
          <label for="key">Key</label>
          <input
            id="key"
            name="key"
            required
            spellcheck={false}
            autocomplete="off"
          />
        </>
      )}
      {whyNot === undefined ? (
        <>
          <label for="value">Value</label>
          <textarea
            id="value"
            name="value"
            rows={7}
            spellcheck={false}
            value={found?.text ?? ""}
          />
        </>
      ) : (
        <>
          <p class="label">Value: {whyNot}</p>
          <Beginning text={found ? beginningOf(found) : ""} />
        </>
      )}
      <div class="row">
        <div>
          <label for="type">Content type</label>
          <input
            id="type"
            name="type"
            value={found?.contentType ?? "text/plain"}
            readOnly={whyNot !== undefined}
            spellcheck={false}
          />
        </div>
        <div>
          <label for="ttl">Seconds to live</label>
          <input
            id="ttl"
            name="ttl"
            type="number"
            min="1"
            placeholder="for ever"
            value={found?.ttlSeconds?.toString() ?? ""}
            readOnly={whyNot !== undefined}
          />
        </div>
      </div>
      <label for="metadata">Metadata, a JSON object</label>
      <input
        id="metadata"
        name="metadata"
        class="code"
        placeholder="none"
        spellcheck={false}
        value={found?.metadata ?? ""}
        readOnly={whyNot !== undefined}
      />
      {trouble?.code === "condition_failed" ? (
        <div class="trouble" role="alert">
          <p>
            Somebody has changed this key since you opened it, so nothing was
            written. <code>condition_failed</code>
          </p>
          <details>
            <summary>Your text</summary>
            <pre class="hex">{kept}</pre>
          </details>
          <button type="button" onClick={onReload}>
            Load what is there now
          </button>
        </div>
      ) : (
        <TroubleNote trouble={trouble} />
      )}
      <div class="buttons">
        {whyNot === undefined && (
          <button type="submit" class="main" disabled={isBusy}>
            {isBusy ? "Saving…" : "Save"}
          </button>
        )}
        {onDelete && (
          <button type="button" class="danger" onClick={onDelete}>
            Delete…
          </button>
        )}
      </div>
    </form>
  );
}

/** A region of its own, so that the keyboard can scroll it. */
function Beginning({ text }: { text: string }) {
  return (
    <section class="hex" aria-label="The beginning of the value" tabindex={0}>
      <pre>{text}</pre>
    </section>
  );
}

/** The request that the form stands for: nobody's change is overwritten unseen. */
function writeOf(
  event: Event,
  key: string,
  found: StoredValue | undefined,
): { readonly path: string; readonly call: Call } {
  const ttl = fieldOf(event, "ttl").trim();
  const type = fieldOf(event, "type").trim();
  const metadata = fieldOf(event, "metadata").trim();
  return {
    path: keyPath(key, ttl === "" ? {} : { ttl }),
    call: {
      method: "PUT",
      // Lines of a field end in LF when a program reads them, and in CR LF when a form is sent; the value's as they did.
      body: fieldOf(event, "value").replaceAll(
        /\r?\n/g,
        lineEndOf(found?.text ?? "") ?? "\n",
      ),
      headers: {
        "content-type": type === "" ? "application/octet-stream" : type,
        "idempotency-key": crypto.randomUUID(),
        ...(found
          ? { "if-match": `"${found.revision}"` }
          : { "if-none-match": "*" }),
        ...(metadata !== "" && { "ringwalk-metadata": asciiJson(metadata) }),
      },
    },
  };
}
