/** A cache in front of a slow origin: asked once for all servers, answered from an old value while a new one is fetched. */
import {
  type Client,
  ConditionFailedError,
  createClient,
  OutcomeUnknownError,
  type StoredValue,
} from "ringwalk/client";

export interface CacheOptions {
  /** So long a value is given without a look at the origin. */
  readonly freshSeconds: number;
  /** So much longer it is given while a new one is fetched. */
  readonly staleSeconds: number;
  /** A fetch that takes longer does not keep others from trying. */
  readonly fetchSecondsMax: number;
}

export interface Cache {
  /** The value under the key; `fetch` asks the origin, by one of those who want it at the same time. */
  get<T>(key: string, fetch: () => Promise<T>): Promise<T>;
}

type Consistency = "eventual" | "linearizable";

/** Without the ring it is no cache, and no harm: everybody asks the origin. */
export function createCache(client: Client, options: CacheOptions): Cache {
  const { freshSeconds, staleSeconds, fetchSecondsMax } = options;

  /** Who is first marks the key, for as long as a fetch may take. */
  async function turnOf(key: string): Promise<"first" | "other" | "no ring"> {
    const markKey = `cache-fetch/${key}`;
    const mark = crypto.randomUUID();
    const condition = { ttlSeconds: fetchSecondsMax, ifNoneMatch: "*" };
    try {
      await client.set(markKey, mark, condition);
      return "first";
    } catch (error) {
      if (error instanceof ConditionFailedError) return "other";
      if (!(error instanceof OutcomeUnknownError)) return "no ring";
      // A node died with the answer: whose mark is it?
      const found = await client.get(markKey).catch(() => undefined);
      return found === mark ? "first" : "other";
    }
  }

  async function fetchAndStore<T>(key: string, fetch: () => Promise<T>) {
    try {
      // Somebody may have been first, and done, between the look at the value and the mark.
      const known = await look<T>(key, "linearizable");
      if (known && isFresh(known)) return known.value;
      const value = await fetch();
      const ttlSeconds = freshSeconds + staleSeconds;
      const metadata = { freshUntil: Date.now() + freshSeconds * 1000 };
      await client
        .set(`cache/${key}`, value, { ttlSeconds, metadata })
        .catch(() => {});
      return value;
    } finally {
      await client.delete(`cache-fetch/${key}`).catch(() => {});
    }
  }

  async function look<T>(key: string, consistency: Consistency) {
    return client
      .getEntry<T>(`cache/${key}`, { consistency })
      .catch(() => undefined);
  }

  /** What somebody else is fetching; absent when it does not come. */
  async function awaitOther<T>(key: string) {
    const signal = AbortSignal.timeout(fetchSecondsMax * 1000);
    try {
      for await (const found of client.watch<T>(`cache/${key}`, { signal }))
        if (found) return found;
    } catch {
      // It took too long.
    }
    return undefined;
  }

  async function refresh(key: string, fetch: () => Promise<unknown>) {
    if ((await turnOf(key)) === "first") await fetchAndStore(key, fetch);
  }

  return {
    async get<T>(key: string, fetch: () => Promise<T>): Promise<T> {
      // A cache may be a little behind: one replica is enough, unless that one has missed it.
      const found =
        (await look<T>(key, "eventual")) ??
        (await look<T>(key, "linearizable"));
      if (found) {
        // Nobody waits for this one; when the origin fails, the next one tries.
        if (!isFresh(found)) void refresh(key, fetch).catch(() => {});
        return found.value;
      }
      const turn = await turnOf(key);
      if (turn === "first") return fetchAndStore(key, fetch);
      const other = turn === "other" ? await awaitOther<T>(key) : undefined;
      return other ? other.value : fetch();
    },
  };
}

function isFresh({ metadata }: Pick<StoredValue<unknown>, "metadata">) {
  return Number(metadata?.freshUntil) > Date.now();
}

if (import.meta.main) {
  const nodes = (process.env.RINGWALK_NODE ?? "http://127.0.0.1:8000").split(
    ",",
  );
  const token = process.env.RINGWALK_TOKEN;
  // Whoever waits for a cache for long had better asked the origin.
  const client = createClient({ nodes, token, timeoutMs: 1_000 });
  const seconds = { freshSeconds: 10, staleSeconds: 60, fetchSecondsMax: 5 };
  const cache = createCache(client, seconds);
  const time = () =>
    cache.get("time", async () => {
      console.log("asking the origin");
      return new Date();
    });
  for (const at of await Promise.all([time(), time(), time()]))
    console.log(at.toISOString());
}
