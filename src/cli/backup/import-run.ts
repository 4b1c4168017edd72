/** The course of an import: keys to the ring, many at once, never over what is there unless that is asked for. */
import type { ByteClient, PutBytesOptions } from "../../client/api.ts";
import {
  ConditionFailedError,
  OutcomeUnknownError,
  UnavailableError,
  UnreachableError,
  WrongRingError,
} from "../../client/errors.ts";
import { runInFlight, type Task } from "../in-flight.ts";
import { note } from "../output.ts";
import type { Progress } from "../progress.ts";
import {
  counted,
  createWatermark,
  type ImportPlace,
  type LineOutcome,
} from "./import-place.ts";
import type { ImportItem, KeyToImport } from "./import-source.ts";

/** What an import works on: the items of one file, and the place whose keeper hears of each line. */
interface ImportRun {
  readonly client: ByteClient;
  readonly items: AsyncIterable<ImportItem>;
  /** Where it begins. */
  readonly from: ImportPlace;
  /** Keys on their way at once. */
  readonly countMax: number;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** Called when a line is done: where to go on, and the same with the lines that are done behind it. */
  readonly onPlace: (place: ImportPlace, tally: ImportPlace) => void;
}

const bytesInFlightMax = 64 * 1024 * 1024;
/** Failed lines that are told one by one. */
const notedMax = 10;
/** A write whose outcome is unknown is repeated with its idempotency key, so that it takes effect once. */
const triesMax = 4;

/** Throws what ends it before the last line; then lines behind its place may be done or not. */
export async function runImport(run: ImportRun): Promise<void> {
  const { from, signal, progress } = run;
  const { prefix = "", overwrites } = from.of;
  const watermark = createWatermark(from);
  let tally = from;
  let notedCount = 0;

  function done(number: number, outcome: LineOutcome): void {
    tally = counted(tally, outcome);
    watermark.end(number, outcome);
    run.onPlace(watermark.place(), tally);
  }

  function fail(number: number, message: string): void {
    notedCount++;
    if (notedCount <= notedMax) note(`line ${number}: ${message}`);
    if (notedCount === notedMax + 1) note("further failures are only counted");
    done(number, "failed");
  }

  async function store(number: number, bytesRead: number, wanted: KeyToImport) {
    const { key, bytes, revision, expiresAt, ...options } = wanted;
    const left =
      expiresAt === undefined ? {} : { ttlSeconds: secondsUntil(expiresAt) };
    if (left.ttlSeconds !== undefined && left.ttlSeconds <= 0)
      return done(number, "expired");
    try {
      await put(
        run.client,
        { key, bytes },
        {
          ...options,
          ...left,
          ...conditionOf(overwrites, revision),
          idempotencyKey: `${from.run}/${number}`,
          signal,
        },
      );
      done(number, "imported");
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ConditionFailedError) done(number, "kept");
      else if (isOfRing(error)) throw error;
      else fail(number, (error as Error).message);
    }
    progress.update(bytesRead, `${tally.imported} keys`);
  }

  async function* tasks(): AsyncGenerator<Task> {
    for await (const item of run.items) {
      signal.throwIfAborted();
      const { number } = item;
      if (number <= from.line) continue;
      watermark.begin(number);
      if (item.kind === "wrong") fail(number, item.message);
      else if (!item.key.key.startsWith(prefix)) done(number, "left out");
      else
        yield {
          key: item.key.key,
          bytes: item.key.bytes.byteLength,
          run: () => store(number, item.bytesRead, item.key),
        };
    }
  }

  const { countMax } = run;
  await runInFlight(tasks(), { countMax, bytesMax: bytesInFlightMax });
}

/**
 * Only where there is no value; or, over what is there, only where it is not the very value of the backup, which keeps its
 * revision then.
 */
function conditionOf(
  overwrites: boolean,
  revision: string | undefined,
): Pick<PutBytesOptions, "ifNoneMatch"> {
  if (!overwrites) return { ifNoneMatch: "*" };
  return revision === undefined ? {} : { ifNoneMatch: revision };
}

/** Rounded up, so that nothing is over before its time. */
function secondsUntil(time: number): number {
  return Math.ceil((time - Date.now()) / 1000);
}

async function put(
  client: ByteClient,
  { key, bytes }: Pick<KeyToImport, "key" | "bytes">,
  options: PutBytesOptions,
): Promise<void> {
  /** Of the first attempt: with it a repetition takes effect once, however often the key is written to meanwhile. */
  let bound: string | undefined;
  for (let tries = 1; ; tries++) {
    try {
      await client.putBytes(key, bytes, {
        ...options,
        ...(bound !== undefined && { bound }),
      });
      return;
    } catch (error) {
      if (!(error instanceof OutcomeUnknownError)) throw error;
      // Whatever an earlier attempt did: a value is there, and stays.
      if (error.cause instanceof ConditionFailedError) throw error.cause;
      if (tries === triesMax) throw error;
      bound ??= error.bound;
    }
  }
}

/** Whether the other lines would fail as well, so that it is better to go on later than to count them. */
function isOfRing(error: unknown): boolean {
  return (
    error instanceof UnreachableError ||
    error instanceof UnavailableError ||
    error instanceof OutcomeUnknownError ||
    error instanceof WrongRingError ||
    !(error instanceof Error && "code" in error) ||
    error.code === "unauthorized"
  );
}
