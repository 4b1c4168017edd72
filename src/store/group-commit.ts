/** Group commit: writes that arrive while the event loop turns once, or while a commit runs, are committed together. */

/** A write that waits: `undefined` bytes delete the record. */
export interface QueuedWrite {
  readonly item: string;
  readonly bytes: Uint8Array | undefined;
}

/**
 * Collects writes for `commit`, which must return only when all of them are durable, or throw and have kept none.
 * `soon` calls back when the events that are ready now have been handled.
 */
export function createGroupCommit(options: {
  readonly commit: (writes: readonly QueuedWrite[]) => void;
  readonly soon: (callback: () => void) => void;
}): (write: QueuedWrite) => Promise<void> {
  let group: { write: QueuedWrite; end: PromiseWithResolvers<void> }[] = [];

  function commitGroup(): void {
    const closed = group;
    group = [];
    try {
      options.commit(closed.map(({ write }) => write));
    } catch (error) {
      for (const { end } of closed) end.reject(error);
      return;
    }
    for (const { end } of closed) end.resolve();
  }

  return (write) => {
    if (group.length === 0) options.soon(commitGroup);
    const end = Promise.withResolvers<void>();
    group.push({ write, end });
    return end.promise;
  };
}
