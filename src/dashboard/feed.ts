/** The ring, live: one event stream, begun anew at this node or another one when it ends. */
import { eventsOf } from "../client/event-stream.ts";
import type { RingTable } from "../node/ring-view.ts";
import { type Caller, createCaller, type Trouble, troubleOf } from "./calls.ts";
import { newsBetween } from "./news.ts";
import type { RingData } from "./ring-data.ts";
import { keepToken } from "./session.ts";

/** One line of what has happened; ids rise. */
export interface News {
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly text: string;
}

/** All that the page shows of the ring: another object after each change. */
export interface FeedState {
  /** `asking`: the node wants to know who asks. `resting`: nobody looks at the page. */
  readonly phase: "connecting" | "live" | "lost" | "asking" | "resting";
  /** The url of the node that is read from. */
  readonly base: string;
  readonly ring?: RingData;
  readonly table?: RingTable;
  /** Why it is not live; absent when it is, or nothing was answered. */
  readonly trouble?: Trouble;
  /** The newest first. */
  readonly news: readonly News[];
}

/** What the page reads from, for as long as it is open. */
export interface Feed {
  readonly caller: Caller;
  state(): FeedState;
  subscribe(callback: () => void): () => void;
  /** Goes on with this token, or without one; the tab keeps it. */
  useToken(token: string | undefined): void;
  /** Nobody looks, or somebody does again: what nobody sees is not asked for. */
  rest(isResting: boolean): void;
}

const newsMax = 30;
/** A node says something with every round of asking; one that does not is gone, and its connection does not know. */
const silenceMsMax = 10_000;
const openMsMax = 4_000;
const retryMsMin = 300;
const retryMsMax = 4_000;

/**
 * Begins at once. `home`: the url of the page's own node, without a slash at its end; another member is read from when
 * that one is lost.
 */
export function createFeed(home: string): Feed {
  let state: FeedState = { phase: "connecting", base: home, news: [] };
  const callbacks = new Set<() => void>();
  const caller = createCaller(() => state.base);
  let controller = new AbortController();
  let proceed = () => {};
  let isResting = false;
  /** The stream was broken off to begin another one. */
  let isAgain = false;
  let newsCount = 0;

  function set(change: Partial<FeedState>): void {
    state = { ...state, ...change };
    for (const callback of callbacks) callback();
  }

  function take(type: string, data: string): void {
    if (type === "table") set({ table: JSON.parse(data) });
    if (type !== "status") return;
    const ring: RingData = JSON.parse(data);
    const told = newsBetween(state.ring, ring).map((text) => ({
      id: ++newsCount,
      at: Date.now(),
      text,
    }));
    const { trouble: _, ...rest } = state;
    state = rest;
    set({
      phase: "live",
      ring,
      news: [...told.toReversed(), ...state.news].slice(0, newsMax),
    });
  }

  /** Resolves when the stream ended as streams do; throws when it broke, or never came to be. */
  async function follow(): Promise<"ended" | "refused"> {
    controller = new AbortController();
    const mine = controller;
    let timer = setTimeout(() => mine.abort(), openMsMax);
    const expect = () => {
      clearTimeout(timer);
      timer = setTimeout(() => mine.abort(), silenceMsMax);
    };
    try {
      const response = await caller.fetch("/dht/status", {
        headers: { accept: "text/event-stream" },
        signal: mine.signal,
      });
      if (!response.ok || !response.body) {
        const trouble = await troubleOf(response);
        const wantsToken = trouble.status === 401 || trouble.status === 403;
        set({ phase: wantsToken ? "asking" : "lost", trouble });
        return "refused";
      }
      expect();
      const events = eventsOf(response.body, {
        onPiece: expect,
        signal: mine.signal,
      });
      for await (const { type, data } of events) take(type, data);
      return "ended";
    } finally {
      clearTimeout(timer);
    }
  }

  /** Waits until it is time to try again, or somebody says so. */
  function pause(ms?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
      proceed = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async function run(): Promise<never> {
    for (let failures = 0; ; ) {
      if (isResting) {
        set({ phase: "resting" });
        await pause();
        set({ phase: "connecting" });
      }
      const end = await follow().catch(() => "broken" as const);
      if (isAgain) {
        isAgain = false;
      } else if (end === "ended") {
        failures = 0;
        await pause(retryMsMin);
      } else if (state.phase === "asking") await pause();
      else if (!isResting) {
        set({ phase: "lost", base: nextBase(state, home) });
        await pause(Math.min(retryMsMin * 2 ** failures++, retryMsMax));
      }
    }
  }

  void run();
  return {
    caller,
    state: () => state,
    subscribe(callback) {
      callbacks.add(callback);
      return () => callbacks.delete(callback);
    },
    useToken(token) {
      keepToken(token);
      isAgain = state.phase === "live";
      set({ phase: "connecting" });
      controller.abort();
      proceed();
    },
    rest(isIt) {
      if (isResting === isIt) return;
      isResting = isIt;
      if (isIt) controller.abort();
      else proceed();
    },
  };
}

/** The member after this one, then this page's own node again: browsers let a page read others where these let them. */
function nextBase({ base, ring }: FeedState, home: string): string {
  const others = (ring?.members ?? []).map(({ url }) => url.replace(/\/$/, ""));
  const bases = [...new Set([home, ...others])];
  return bases[(bases.indexOf(base) + 1) % bases.length] ?? home;
}
