/** The node's store as its parts see it: what fails in it is remembered, and told as an error with the next step. */
import { fail, type Result } from "../core/errors.ts";
import type { Clock, Log, Store } from "../ports.ts";
import { createStoreFailures, type StoreAccess } from "./store-failures.ts";

/** The store to use from now on, and what was seen of it. */
export interface StoreWatch {
  readonly store: Store;
  /** Runs `work`; a failure of the store that ends it becomes `store_failed`. Any other error is a defect, and thrown. */
  guard<T>(work: () => Promise<Result<T>>): Promise<Result<T>>;
  /** How often the store has failed so far. */
  failureCount(): number;
  /** `store_failed`, for an operation that too few others could carry without this node's store. */
  failure(): ReturnType<typeof fail>;
  /** What is wrong with the store now, and what to do; absent when it works. */
  ailment(): StoreAilment | undefined;
}

/** What a node's status shows as its `storeFailure`. */
export interface StoreAilment {
  /** One of the store's codes, `store_full` for instance. */
  readonly code: string;
  /** For a person: what is wrong, and the next step. */
  readonly message: string;
  /** See `StoreFailure`. */
  readonly failureCount: number;
  /** Milliseconds since 1970. */
  readonly lastFailedAt: number;
}

/** Watches a store from its outside. A `TypeError` is its caller's defect and no failure of the disk. */
export function watchStore(
  store: Store,
  { log, clock }: { log: Pick<Log, "error">; clock: Pick<Clock, "now"> },
): StoreWatch {
  const state = createStoreFailures(clock);
  let lastCode: unknown;
  let failureCount = 0;
  // By the errors themselves: whatever passes through the node's parts, this tells whose it is.
  const failures = new WeakSet<object>();

  /** `access` is asked when the work has ended: only then is it known whether an update wrote. */
  async function watched<T>(
    access: () => StoreAccess,
    work: () => Promise<T>,
  ): Promise<T> {
    try {
      const result = await work();
      state.worked(access());
      return result;
    } catch (error) {
      if (error instanceof Error && !(error instanceof TypeError)) {
        lastCode = Reflect.get(error, "code");
        state.failed(access(), String(lastCode ?? "store_failed"));
        failures.add(error);
        failureCount++;
      }
      throw error;
    }
  }

  const asRead = () => "read" as const;
  const asWrite = () => "write" as const;

  /** An update that leaves its record shows nothing about whether the disk takes one. */
  const update: Store["update"] = (bucket, key, step) => {
    let isOnlyRead = false;
    return watched(
      () => (isOnlyRead ? "read" : "write"),
      () =>
        store.update(bucket, key, (stored) => {
          const outcome = step(stored);
          isOnlyRead = outcome.write === undefined;
          return outcome;
        }),
    );
  };

  const failure = () => fail("store_failed", messageOf(lastCode));

  return {
    failure,
    failureCount: () => failureCount,
    ailment() {
      const found = state.current();
      return (
        found && {
          code: found.code,
          message: messageOf(found.code),
          failureCount: found.count,
          lastFailedAt: found.lastAt,
        }
      );
    },
    store: {
      guarantee: store.guarantee,
      ...(store.systemGuarantee && { systemGuarantee: store.systemGuarantee }),
      nameOf: store.nameOf,
      read: (...args) => watched(asRead, () => store.read(...args)),
      update,
      scan: (...args) => watched(asRead, () => store.scan(...args)),
      drop: (...args) => watched(asWrite, () => store.drop(...args)),
      close: () => store.close(),
    },
    async guard(work) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof Error && failures.has(error))) throw error;
        log.error("the store failed", { error: String(error) });
        return failure();
      }
    },
  };
}

/** Says what to do; where the data lies is the operator's to know, and stands in the log. */
function messageOf(code: unknown): string {
  switch (code) {
    case "store_full":
      return "This node's disk is full: free some space on it, and it goes on without a restart. Until then ask another node.";
    case "store_read_only":
      return "This node cannot write to its data folder: make it writable for the node's user. Until then ask another node.";
    case "store_corrupt":
      return "This node's store is damaged: move it away and let the node replace itself from its peers. Until then ask another node.";
    default:
      return "This node's store failed: its log says why; look at the disk or service behind it. Until then ask another node.";
  }
}
