/** A page of a listing as it fills: how many records and bytes it takes, and where the next one begins. */

/** What a page counts of a record; one without bytes takes a place and no room. */
interface Paged {
  readonly name: string;
  readonly stored: { readonly kind: string; readonly bytes?: Uint8Array };
}

/** A page that is full or done; `next` is behind which name the next one begins, absent at the end. */
interface Page<R> {
  readonly records: readonly R[];
  readonly next?: string;
}

/** A page under construction. */
export interface PageBuilder<R> {
  /** Whether the page takes no more. It takes at least one record. */
  full(): boolean;
  add(record: R): void;
  /** The page; with `more`, the listing goes on behind its last record. */
  end(listing: { readonly more: boolean }): Page<R>;
}

/** Makes an empty page of at most `limit` records, which ends with the one that brings it to `bytesMax` bytes. */
export function createPage<R extends Paged>(options: {
  readonly limit: number;
  readonly bytesMax: number;
}): PageBuilder<R> {
  const records: R[] = [];
  let bytes = 0;
  return {
    full: () =>
      records.length > 0 &&
      (records.length >= options.limit || bytes >= options.bytesMax),
    add(record) {
      records.push(record);
      bytes += record.stored.bytes?.length ?? 0;
    },
    end({ more }) {
      const next = more ? records.at(-1)?.name : undefined;
      return next === undefined ? { records } : { records, next };
    },
  };
}
