/** A page of a scan as it fills: how many records and bytes it takes, and where the next one begins. */

import type { ScannedRecord, ScanPage } from "../ports.ts";

/** A page under construction. */
export interface PageBuilder {
  /** Whether the page takes no more. It takes at least one record. */
  full(): boolean;
  add(record: ScannedRecord): void;
  /** The page; with `more`, the bucket goes on behind its last record. */
  end(bucket: { readonly more: boolean }): ScanPage;
}

/** Makes an empty page of at most `limit` records, which ends with the one that brings it to `bytesMax` bytes. */
export function createPage(options: {
  readonly limit: number;
  readonly bytesMax: number;
}): PageBuilder {
  const records: ScannedRecord[] = [];
  let bytes = 0;
  return {
    full: () =>
      records.length > 0 &&
      (records.length >= options.limit || bytes >= options.bytesMax),
    add(record) {
      records.push(record);
      if (record.stored.kind === "record") bytes += record.stored.bytes.length;
    },
    end({ more }) {
      const next = more ? records.at(-1)?.name : undefined;
      return next === undefined ? { records } : { records, next };
    },
  };
}
