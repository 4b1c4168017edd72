/** Something that a person asked for and that takes a while: whether it is under way, and why it failed. */
import { useState } from "hono/jsx/dom";
import type { Called, Trouble } from "./calls.ts";

/** What a button or a form shows of its request. */
export interface Action {
  readonly isBusy: boolean;
  readonly trouble: Trouble | undefined;
  /** Gives the answer when it is a good one. */
  run<T>(work: () => Promise<Called<T>>): Promise<T | undefined>;
  clear(): void;
}

/** A hook. Running again forgets what went wrong before. */
export function useAction(): Action {
  const [isBusy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<Trouble | undefined>(undefined);
  return {
    isBusy,
    trouble,
    clear: () => setTrouble(undefined),
    async run(work) {
      setBusy(true);
      setTrouble(undefined);
      const called = await work();
      setBusy(false);
      if (called.ok) return called.value;
      setTrouble(called.trouble);
      return undefined;
    },
  };
}
