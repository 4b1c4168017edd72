/** Whether a node's store fails, as its status tells it: from a failure until a minute has passed in which it worked. */
import type { Clock } from "../ports.ts";

/** The latest failure of one kind of access, and how many there were. */
export interface StoreFailure {
  /** One of the store's codes, `store_full` for instance. */
  readonly code: string;
  /** How often this kind of access has failed; begun anew once it has worked a minute after a failure. */
  readonly count: number;
  /** Milliseconds since 1970. */
  readonly lastAt: number;
}

/** `write`: the access changed a record, or would have, or dropped a bucket. */
export type StoreAccess = "read" | "write";

/** Told of each access to the store, as it ends. */
export interface StoreFailures {
  failed(access: StoreAccess, code: string): void;
  worked(access: StoreAccess): void;
  /** The latest failure of a store that still fails; absent when it works. */
  current(): StoreFailure | undefined;
}

/** A disk that is nearly full takes one record and refuses the next. */
const doubtMs = 60_000;

/** Reads and writes are told apart: a full disk goes on to be read. */
export function createStoreFailures(clock: Pick<Clock, "now">): StoreFailures {
  const failures = new Map<StoreAccess, StoreFailure>();
  return {
    failed(access, code) {
      const count = (failures.get(access)?.count ?? 0) + 1;
      failures.delete(access);
      failures.set(access, { code, count, lastAt: clock.now() });
    },
    worked(access) {
      const failure = failures.get(access);
      if (!failure) return;
      const passedMs = clock.now() - failure.lastAt;
      if (passedMs >= doubtMs || passedMs < 0) failures.delete(access);
    },
    current: () => [...failures.values()].at(-1),
  };
}
