/** Locks: a key that one holder creates, renews by touching it and deletes, each on condition of its revision. */
import type { ByteClient, Lock, LockOptions } from "./api.ts";
import {
  ConditionFailedError,
  LockLostError,
  OutcomeUnknownError,
  RingwalkError,
} from "./errors.ts";
import { pause } from "./pause.ts";
import { randomKey } from "./random-key.ts";

/** The first wait for a lock that somebody else holds, and the longest. */
const pauseMsMin = 20;
const pauseMsMax = 500;

/**
 * Waits until the key is free, and takes it: the key is gone after `ttlSeconds` unless the lock is renewed. Whoever
 * asks next may come first: those who wait do not stand in line.
 */
export async function lock(
  client: ByteClient,
  key: string,
  options: LockOptions,
): Promise<Lock> {
  // Tells the holder's own value from others', should it not hear what became of its write.
  const holder = randomKey();
  for (let tries = 1; ; tries++) {
    // The time counts from before the ring began to count.
    const takenAt = performance.now();
    const revision = await take(client, key, { ...options, holder });
    // What the ring took up late may be over before its answer is here.
    const isInTime = performance.now() < takenAt + options.ttlSeconds * 1000;
    if (revision !== undefined && isInTime)
      return held(client, key, { ...options, revision, takenAt });
    await pause(Math.min(pauseMsMin * 2 ** tries, pauseMsMax), options.signal);
  }
}

/** Absent when somebody else holds it. */
async function take(
  client: ByteClient,
  key: string,
  { ttlSeconds, signal, holder }: LockOptions & { readonly holder: string },
): Promise<string | undefined> {
  const ending = signal ? { signal } : {};
  const contentType = "text/plain;charset=utf-8";
  try {
    const { revision } = await client.putBytes(
      key,
      new TextEncoder().encode(holder),
      { ...ending, contentType, ttlSeconds, ifNoneMatch: "*" },
    );
    return revision;
  } catch (error) {
    if (error instanceof ConditionFailedError) return undefined;
    if (!(error instanceof OutcomeUnknownError)) throw error;
    // A later write on the same condition can only find it taken, by whomever.
    const stored = await client.getBytes(key, ending);
    const isOurs = stored && new TextDecoder().decode(stored.bytes) === holder;
    return isOurs ? stored.revision : undefined;
  }
}

function held(
  client: ByteClient,
  key: string,
  taken: LockOptions & { readonly revision: string; readonly takenAt: number },
): Lock {
  const { revision } = taken;
  const lost = new AbortController();
  let { ttlSeconds } = taken;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isReleased = false;

  function lose(cause?: unknown): LockLostError {
    clearTimeout(timer);
    const error = new LockLostError({
      code: "lock_lost",
      message: `The lock ${JSON.stringify(key)} is not held any more: its time was over, or somebody deleted it.`,
      cause,
    });
    lost.abort(error);
    return error;
  }

  function expectEnd(since: number): void {
    clearTimeout(timer);
    const leftMs = since + ttlSeconds * 1000 - performance.now();
    // Timers take 24 days at most.
    timer = setTimeout(lose, Math.min(Math.max(leftMs, 0), 2 ** 31 - 1));
  }

  async function release(): Promise<void> {
    if (isReleased) return;
    isReleased = true;
    clearTimeout(timer);
    await client.delete(key, { ifMatch: revision }).catch((error: unknown) => {
      if (!(error instanceof ConditionFailedError)) throw error;
    });
  }

  expectEnd(taken.takenAt);
  return {
    revision,
    signal: lost.signal,
    async renew(options = {}) {
      lost.signal.throwIfAborted();
      const since = performance.now();
      const wanted = options.ttlSeconds ?? ttlSeconds;
      try {
        await client.touch(key, { ttlSeconds: wanted, ifMatch: revision });
      } catch (error) {
        const isGone =
          error instanceof ConditionFailedError ||
          (error instanceof RingwalkError && error.code === "no_such_key");
        throw isGone ? lose(error) : error;
      }
      ttlSeconds = wanted;
      if (!lost.signal.aborted) expectEnd(since);
    },
    release,
    [Symbol.asyncDispose]: release,
  };
}
