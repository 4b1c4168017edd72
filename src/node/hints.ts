/** Tells members of changes of keys that they watch: gathered while a message is on its way, never waited for, never repeated. */
import { batchOperationsMax } from "../core/limits.ts";
import type { Peers } from "./peers.ts";
import type { Ring } from "./ring.ts";

/** Sends what may get lost: a watch reads again without any hint (docs/decisions/0029). */
export interface Hints {
  /** Returns at once; a key that is waiting already is told once. */
  tell(member: string, key: string): void;
}

/** Who is a member now, and how one is told. */
export interface HintsParts {
  readonly ring: Pick<Ring, "layout" | "memberId">;
  readonly peers: Pick<Peers, "send">;
  /** This node watches too. */
  readonly onOwn: (keys: readonly string[]) => void;
}

/** One message at a time is on its way to each member; what gathered for one that does not take it is dropped. */
export function createHints({ ring, peers, onOwn }: HintsParts): Hints {
  /** By member: the keys that wait for the message that is on its way to it. */
  const waiting = new Map<string, Set<string>>();

  async function send(member: string, keys: Set<string>): Promise<void> {
    // What this turn brings travels together.
    await undefined;
    while (keys.size > 0) {
      const some = [...keys].slice(0, batchOperationsMax);
      for (const key of some) keys.delete(key);
      const request = { kind: "changed", keys: some } as const;
      const outcome = await peers.send(ring.layout(), member, request);
      // It is away, or knows no such message: it reads again without being told.
      if (outcome.kind !== "done") break;
    }
    waiting.delete(member);
  }

  return {
    tell(member, key) {
      if (member === ring.memberId()) return onOwn([key]);
      const gathering = waiting.get(member);
      if (gathering) {
        gathering.add(key);
        return;
      }
      const keys = new Set([key]);
      waiting.set(member, keys);
      void send(member, keys);
    },
  };
}
