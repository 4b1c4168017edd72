/** Which members a replica tells of changes of which keys. In memory alone: who watches asks again, and bounds what it misses. */
import { watchedKeysMax, watchLeaseMs } from "../core/limits.ts";
import type { Clock } from "../ports.ts";

/** A replica's record of whom to tell; a member asks with its reads (`isWatching`). */
export interface WatchedKeys {
  /** Has the member told of changes of the key for `watchLeaseMs` at least; not when too many keys are watched. */
  watch(key: string, member: string): void;
  /** To be called when a change of the key is stored, committed or not. */
  changed(key: string): void;
}

/** How members are told, and how much is remembered. */
export interface WatchedKeysParts {
  readonly clock: Pick<Clock, "now">;
  readonly tell: (member: string, key: string) => void;
  /** `watchedKeysMax` unless given. */
  readonly keysMax?: number;
}

type Interests = Map<string, Set<string>>;

/**
 * What was asked for goes into the younger of two maps; after each lease the older one is dropped as a whole. So nothing
 * is kept of those who went away, there is no timer, and a watched key costs no more than its names.
 */
export function createWatchedKeys(parts: WatchedKeysParts): WatchedKeys {
  const { clock, tell, keysMax = watchedKeysMax } = parts;
  let younger: Interests = new Map();
  let older: Interests = new Map();
  let turnedAt = clock.now();

  function turn(): void {
    const now = clock.now();
    const age = now - turnedAt;
    // A clock that was set back must not make a lease longer.
    if (age >= 0 && age < watchLeaseMs) return;
    older = age < 2 * watchLeaseMs ? younger : new Map();
    younger = new Map();
    turnedAt = now;
  }

  return {
    watch(key, member) {
      turn();
      const members = younger.get(key);
      if (members) members.add(member);
      else if (younger.size < keysMax) younger.set(key, new Set([member]));
    },
    changed(key) {
      // Most nodes, most of the time: nobody watches.
      if (younger.size + older.size === 0) return;
      turn();
      const members = younger.get(key);
      for (const member of members ?? []) tell(member, key);
      for (const member of older.get(key) ?? [])
        if (!members?.has(member)) tell(member, key);
    },
  };
}
