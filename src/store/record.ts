/** What stands under a name: the judgement of loaded bytes that reads, updates and scans share. */

import type { ScannedRecord, Stored } from "../ports.ts";
import type { Loaded } from "./driver-bytes.ts";
import { openRecord } from "./envelope.ts";
import { decodeName, encodeName } from "./name.ts";

interface Labels {
  readonly name: string;
  /** The key that was asked for; absent in a scan. */
  readonly key?: string | undefined;
}

/** Judges what was loaded under `name`. With `key`, the key that was asked for, a digest need not be computed again. */
export function examineRecord(
  at: Labels & { readonly bucket: string },
  loaded: Loaded,
): ScannedRecord {
  if (loaded === "absent") return labelled(at, { kind: "absent" });
  if (loaded === "not-bytes")
    return labelled(at, unreadable("the driver returned something else"));
  const opened = openRecord(at.bucket, loaded);
  if (opened.kind === "unreadable") return labelled(at, opened);
  const isForeign =
    at.key === undefined
      ? encodeName(opened.key) !== at.name
      : opened.key !== at.key;
  if (isForeign) return labelled(at, unreadable("the record of another key"));
  return {
    name: at.name,
    key: opened.key,
    stored: { kind: "record", bytes: opened.payload },
  };
}

function unreadable(reason: string): Stored {
  return { kind: "unreadable", reason };
}

/** A record that does not tell its key is known by its name, if that tells it. */
function labelled(at: Labels, stored: Stored): ScannedRecord {
  const key = at.key ?? decodeName(at.name);
  return key === undefined
    ? { name: at.name, stored }
    : { name: at.name, key, stored };
}
