/** The watches that this node serves: bounded in number, one topic a key, ended when the node goes to another ring or shuts down. */
import { fail, ok, type Result } from "../core/errors.ts";
import { isEventual } from "../core/layout.ts";
import { watchersMax } from "../core/limits.ts";
import type { Clock, Log, Random } from "../ports.ts";
import type { RingNode } from "./api.ts";
import type { Ring } from "./ring.ts";
import type { Watch, WatchOptions } from "./watch.ts";
import { createTopic, type Topic } from "./watch-topic.ts";

/** What serves `RingNode.watch`, and what hints and a shutdown call. */
export interface Watches {
  /** The first state is there already: it was read after this call. */
  watch(key: string, options?: WatchOptions): Promise<Result<Watch>>;
  /** A replica has taken changes of these keys. */
  changed(keys: readonly string[]): void;
  /** Ends all of them; a later `watch` is for `get` to refuse. */
  end(): void;
  count(): number;
}

/** How a key is read, and what ends its watches. */
export interface WatchesParts {
  readonly ring: Ring;
  readonly get: RingNode["get"];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly renewMs: number;
  /** `watchersMax` of core/limits.ts unless given. */
  readonly countMax: number | undefined;
}

/** How long after a new layout the last of the watched keys is read: they do not come all at once. */
const spreadMsMax = 500;

/** Follows the ring: a newer layout has every watched key read again, another ring ends every watch. */
export function createWatches(parts: WatchesParts): Watches {
  const { ring, random, countMax = watchersMax } = parts;
  const topics = new Map<string, { topic: Topic; watcherCount: number }>();
  let count = 0;
  let { ringId, epoch } = ring.layout();

  function end(): void {
    for (const { topic } of [...topics.values()]) topic.end();
  }

  ring.onChange(() => {
    const layout = ring.layout();
    const isOther = layout.ringId !== ringId;
    const isNewer = layout.epoch !== epoch;
    ({ ringId, epoch } = layout);
    if (isOther) return end();
    if (!isNewer) return;
    // Other replicas may have to tell from now on.
    for (const { topic } of topics.values())
      topic.readSoon(random.fraction() * spreadMsMax);
  });

  function topicOf(key: string) {
    const known = topics.get(key);
    if (known) return known;
    const topic = createTopic({
      ...parts,
      read: () => parts.get(key, { isWatching: true }),
      isEventual: () => isEventual(ring.layout()),
      onEnd: () => topics.delete(key),
    });
    const entry = { topic, watcherCount: 0 };
    topics.set(key, entry);
    return entry;
  }

  /** Counts a watch of the key; what it gives is called once at its end. */
  function enter(key: string) {
    const entry = topicOf(key);
    count++;
    entry.watcherCount++;
    const leave = () => {
      count--;
      entry.watcherCount--;
      if (entry.watcherCount === 0) entry.topic.end();
    };
    return { topic: entry.topic, leave };
  }

  return {
    async watch(key, { after } = {}) {
      if (count >= countMax) return tooMany;
      const { topic, leave } = enter(key);
      const watch = topic.open(after, leave);
      let isOpen = false;
      try {
        const first = await topic.fresh();
        isOpen = first.ok;
        return first.ok ? ok(watch) : first;
      } finally {
        // A read that met a defect leaves no watch behind either.
        if (!isOpen) watch.close();
      }
    },
    changed(keys) {
      for (const key of keys) topics.get(key)?.topic.readSoon();
    },
    end,
    count: () => count,
  };
}

const tooMany = fail(
  "overloaded",
  "This node serves as many watches as it takes. Try again later, or watch at another node.",
);
