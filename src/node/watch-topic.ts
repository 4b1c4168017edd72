/** What all watches of one key at this node share: one read whenever there is a reason for one, and the state that it found. */
import { type Ballot, compareBallots, formatBallot } from "../core/ballot.ts";
import type { Result, RingError } from "../core/errors.ts";
import { watchDelayMs, watchStallMsMax } from "../core/limits.ts";
import type { Clock, Log, Random } from "../ports.ts";
import type { ReadValue } from "./api.ts";
import { absentId, type Watch, type WatchEvent } from "./watch.ts";

/** Lives until its last watch is closed; ends sooner with the node's time in the ring, or when reads fail for long. */
export interface Topic {
  /** Resolves when a read that began after this call has ended. */
  fresh(): Promise<Result<ReadValue | undefined>>;
  /** Reads after `delayMs`, or as soon as that was planned already. */
  readSoon(delayMs?: number): void;
  /** Adds a reader that has the state `after`; `onClose` is called once. */
  open(after: string | undefined, onClose: () => void): Watch;
  /** No more reads, and no more states. */
  end(error?: RingError): void;
}

/** How the key is read, and who has to know of the end. */
export interface TopicParts {
  /** A linearizable read that has the key's replicas tell of later changes (in an eventual ring: an eventual one). */
  readonly read: () => Promise<Result<ReadValue | undefined>>;
  /** Whether a read may find what is older than what one has found before. */
  readonly isEventual: () => boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The longest time between two reads: hints may get lost. */
  readonly renewMs: number;
  /** Called once, when no more can come. */
  readonly onEnd: () => void;
}

interface Reader {
  isBehind: boolean;
  seenId: string | undefined;
  look(): void;
}

/** After a read that failed. */
const retryMs = 1_000;
/** An expired value is read again no sooner than this: two clocks may disagree about its time. */
const expiryMsMin = 20;

/** Errors that no later read is without. */
const finalCodes: readonly string[] = [
  "not_a_member",
  "shutting_down",
  "invalid_key",
];

/** Reads nothing until somebody calls `fresh` or `readSoon`; from then on at least each `renewMs`. */
export function createTopic(parts: TopicParts): Topic {
  const { clock, random, renewMs } = parts;
  const readers = new Set<Reader>();
  let id: string | undefined;
  /** Kept until every reader has it. */
  let value: ReadValue | undefined;
  let behindCount = 0;
  let newest: Ballot | undefined;
  let ended: { readonly error?: RingError } | undefined;

  let reading: Promise<Result<ReadValue | undefined>> | undefined;
  let next: typeof reading;
  let isSoon = false;
  let cancelTimer = () => {};
  let cancelStall: (() => void) | undefined;

  function fresh(): Promise<Result<ReadValue | undefined>> {
    if (next) return next;
    if (!reading) return begin();
    // The one under way may have met a defect: what was asked for after it is another read.
    next = reading.then(begin, begin);
    return next;
  }

  function begin(): Promise<Result<ReadValue | undefined>> {
    next = undefined;
    isSoon = false;
    cancelTimer();
    reading = readOnce().finally(() => {
      reading = undefined;
    });
    return reading;
  }

  async function readOnce(): Promise<Result<ReadValue | undefined>> {
    const read = await parts.read();
    if (ended) return read;
    if (read.ok) {
      cancelStall?.();
      cancelStall = undefined;
      take(read.value);
    } else if (finalCodes.includes(read.error.code)) {
      end(read.error);
      return read;
    } else cancelStall ??= clock.timer(watchStallMsMax, () => end(read.error));
    if (!isSoon) plan(read.ok ? msToNextRead(read.value) : retryMs);
    return read;
  }

  function msToNextRead(found: ReadValue | undefined): number {
    // Watches that began together do not stay together.
    const renewalMs = renewMs * (0.75 + 0.25 * random.fraction());
    if (found?.expiresAt === undefined) return renewalMs;
    const leftMs = Math.max(expiryMsMin, found.expiresAt - clock.now());
    return Math.min(renewalMs, leftMs);
  }

  function plan(delayMs: number): void {
    cancelTimer();
    cancelTimer = clock.timer(delayMs, () => {
      fresh().catch((error: unknown) => {
        parts.log.error("a watch met a defect", { error: String(error) });
        end();
      });
    });
  }

  function take(found: ReadValue | undefined): void {
    if (found && parts.isEventual()) {
      if (newest && compareBallots(found.revision, newest) < 0) return;
      newest = found.revision;
    }
    id = found ? formatBallot(found.revision) : absentId;
    behindCount = 0;
    for (const reader of readers) {
      reader.isBehind = reader.seenId !== id;
      if (reader.isBehind) behindCount++;
    }
    value = behindCount > 0 ? found : undefined;
    for (const reader of [...readers]) if (reader.isBehind) reader.look();
  }

  function caughtUp(reader: Reader): void {
    if (!reader.isBehind) return;
    reader.isBehind = false;
    behindCount--;
    if (behindCount === 0) value = undefined;
  }

  function end(error?: RingError): void {
    if (ended) return;
    ended = error ? { error } : {};
    cancelTimer();
    cancelStall?.();
    value = undefined;
    parts.onEnd();
    for (const reader of [...readers]) reader.look();
  }

  function open(after: string | undefined, onClose: () => void): Watch {
    let isClosed = false;
    const reader: Reader = { isBehind: false, seenId: after, look: () => {} };
    readers.add(reader);

    function nextEvent(): WatchEvent | undefined {
      if (isClosed || ended) return { kind: "ended", ...ended };
      if (!reader.isBehind) return undefined;
      const event: WatchEvent = value
        ? { kind: "value", value }
        : { kind: "absent" };
      reader.seenId = id;
      caughtUp(reader);
      return event;
    }

    return {
      next: (waitMs) =>
        new Promise((resolve) => {
          const finish = (event: WatchEvent) => {
            cancel();
            reader.look = () => {};
            resolve(event);
          };
          reader.look = () => {
            const event = nextEvent();
            if (event) finish(event);
          };
          const cancel = clock.timer(waitMs, () => finish({ kind: "quiet" }));
          reader.look();
        }),
      close() {
        if (isClosed) return;
        isClosed = true;
        readers.delete(reader);
        caughtUp(reader);
        reader.look();
        onClose();
      },
    };
  }

  return {
    fresh,
    readSoon(delayMs = watchDelayMs) {
      if (isSoon || ended) return;
      isSoon = true;
      plan(delayMs);
    },
    open,
    end,
  };
}
