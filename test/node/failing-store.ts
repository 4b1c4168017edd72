/** A store whose disk a test lets fail: everything, or writes alone. */
import type { Store } from "../../src/ports.ts";
import {
  StoreError,
  type StoreErrorCode,
} from "../../src/store/store-error.ts";

export interface FailingStore extends Store {
  /** What fails from now on, and how; nothing once it is absent. */
  failure:
    | { readonly code: StoreErrorCode; readonly reads: boolean }
    | undefined;
}

export function createFailingStore(store: Store): FailingStore {
  const broken = (isRead: boolean): StoreError | undefined => {
    const { failure } = failing;
    if (!failure || (isRead && !failure.reads)) return undefined;
    return new StoreError(failure.code, `/secret/place: ${failure.code}`);
  };
  const run = async <T>(isRead: boolean, work: () => Promise<T>) => {
    const error = broken(isRead);
    if (error) throw error;
    return work();
  };
  const failing: FailingStore = {
    ...store,
    failure: undefined,
    read: (...args) => run(true, () => store.read(...args)),
    update: (...args) => run(false, () => store.update(...args)),
    scan: (...args) => run(true, () => store.scan(...args)),
    drop: (...args) => run(false, () => store.drop(...args)),
  };
  return failing;
}
