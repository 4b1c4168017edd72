/** How long a change waits for members that do not answer: each for itself, by a clock that does not jump. */
import type { CancelTimer, Clock } from "../ports.ts";
import type { Suspicion } from "./suspicion.ts";

/** For whom the driver of a change in an eventual ring waits, as each may hold what no other does, and for whom no more. */
export interface Patience {
  /** Called at each step with the members that are silent: for whoever is not among them the wait begins anew. */
  note(silentIds: readonly string[]): void;
  /** Whether it has been silent for so long without a break, and still is. */
  isOver(id: string): boolean;
}

/** By which clock, for how long, and how it is known who is silent. */
export interface PatienceParts {
  readonly clock: Clock;
  readonly patienceMs: number;
  readonly suspicion: Pick<Suspicion, "silenceOf">;
  /** Calls the member now, though suspicion would not; false when it does not answer. Never rejects. */
  readonly answers: (id: string) => Promise<boolean>;
}

interface Wait {
  /** Which of the member's silences is waited for: one that it broke in between counts for nothing. */
  readonly silence: number | undefined;
  isOver: boolean;
  readonly cancel: CancelTimer;
}

/** Begins with everybody to be waited for, each for `patienceMs` once it is silent. */
export function createPatience(parts: PatienceParts): Patience {
  const { clock, patienceMs, suspicion } = parts;
  const waits = new Map<string, Wait>();

  function begin(id: string): Wait {
    const wait: Wait = {
      silence: suspicion.silenceOf(id),
      isOver: false,
      cancel: clock.timer(patienceMs, () => void end(id, wait)),
    };
    return wait;
  }

  /** Nobody has called it since it last failed, as long as suspicion lasts: it may have been back for seconds. */
  async function end(id: string, wait: Wait): Promise<void> {
    const isBack = await parts.answers(id);
    wait.isOver = !isBack;
    if (isBack && waits.get(id) === wait) waits.delete(id);
  }

  const isOfNow = (id: string, { silence }: Wait) =>
    silence === suspicion.silenceOf(id);

  return {
    note(silentIds) {
      for (const [id, wait] of waits) {
        if (silentIds.includes(id) && isOfNow(id, wait)) continue;
        wait.cancel();
        waits.delete(id);
      }
      for (const id of silentIds) if (!waits.has(id)) waits.set(id, begin(id));
    },
    isOver(id) {
      const wait = waits.get(id);
      return wait?.isOver === true && isOfNow(id, wait);
    },
  };
}
