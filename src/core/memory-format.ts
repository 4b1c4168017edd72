/** The bytes of a memory: what is where, judged as a whole before any part is read. */
import type { Ballot } from "./ballot.ts";
import { counterMax, operationIdBytesMax, operationIdsMax } from "./limits.ts";

/**
 * `created`: a value where there was none. `changed`: another value, or none. `touched`: another time to live. The
 * others changed nothing; `none`: there was nothing to do.
 */
export type Effect =
  | "created"
  | "changed"
  | "none"
  | "condition-failed"
  | "touched"
  | "not-a-number"
  | "out-of-bounds"
  | "no-such-key";

/** An operation that was decided on this key, with or without an effect: a repetition that finds its id here changes nothing. */
export interface DecidedOperation {
  readonly id: string;
  /** The ballot at which it was decided: the revision that its answer told. */
  readonly ballot: Ballot;
  /** When, by its coordinator's clock (ms since 1970). */
  readonly at: number;
  /** What came of it: a repetition is answered as the first time. */
  readonly effect: Effect;
  /** Of an increment: its result, or the number that would have left its bounds. */
  readonly number?: number;
}

/*
 *   1  version
 *   8  idsFrom: counter         numbers of 8 bytes are IEEE doubles, all are big-endian
 *   8  epoch
 *   1  bytes of the proposer
 *   .  proposer, visible ASCII
 *
 * and for each operation, the newest first, so that the oldest are dropped by cutting the end off:
 *
 *   1  effect, and 8 more when its ballot has the epoch and proposer of the operation before, which are then left out,
 *      and 16 more when it has a number
 *   8  counter
 *  (8  epoch
 *   1  bytes of the proposer
 *   .  proposer)
 *   8  at
 *  (8  number)
 *   2  bytes of the id
 *   .  id, UTF-8
 */

/** The first byte: bytes that begin with another one are no memory. */
export const memoryVersion = 1;
/** By the numbers that stand for them in an operation's first byte: all eight are taken. */
export const effects: readonly Effect[] = [
  "created",
  "changed",
  "none",
  "condition-failed",
  "touched",
  "not-a-number",
  "out-of-bounds",
  "no-such-key",
];
/** In an operation's first byte: epoch and proposer are those of the operation before, and left out. */
export const sameProposer = 8;
/** In an operation's first byte: a number stands before the id. */
export const withNumber = 16;
/** The longest proposer that fits a memory; `ballotSchema` lets no longer one in. */
export const proposerBytesMax = 22;

/** Where a ballot's parts are. */
export interface BallotPlace {
  readonly counter: number;
  /** Of the epoch, and of the proposer behind it: another operation's, if this one has left them out. */
  readonly epoch: number;
}

/** Where an operation's parts are. */
export interface OperationPlace extends BallotPlace {
  readonly start: number;
  readonly time: number;
  /** Of the id's length, and of the id behind it; a number stands before it. */
  readonly id: number;
  readonly end: number;
}

/** Where everything is, in the very bytes that were scanned. */
export interface ScannedMemory {
  readonly idsFrom: BallotPlace;
  /** Newest first. */
  readonly places: readonly OperationPlace[];
}

/** Finds every part; absent when any is not as it must be: then the bytes are no memory of this version. */
export function scanMemory(bytes: Uint8Array): ScannedMemory | undefined {
  const view = viewOf(bytes);
  const idsFrom = { counter: 1, epoch: 9 };
  if (bytes[0] !== memoryVersion || !isCounterAt(view, 1)) return undefined;
  const places: OperationPlace[] = [];
  let start = endOfProposer(view, idsFrom.epoch);
  let epoch: number | undefined;
  while (start !== undefined && start < bytes.length) {
    const head = view.getUint8(start);
    const counter = start + 1;
    if (head >= 2 * withNumber || !isCounterAt(view, counter)) return undefined;
    let time: number | undefined = counter + 8;
    if ((head & sameProposer) === 0) {
      epoch = time;
      time = endOfProposer(view, time);
    }
    if (epoch === undefined || time === undefined) return undefined;
    const id = endOfNumbers(view, time, (head & withNumber) === 0 ? 1 : 2);
    const end = id && endOfId(view, id);
    if (id === undefined || end === undefined) return undefined;
    if (places.length === operationIdsMax) return undefined;
    places.push({ start, counter, epoch, time, id, end });
    start = end;
  }
  return start === undefined ? undefined : { idsFrom, places };
}

function isCounterAt(view: DataView, at: number): boolean {
  if (at + 8 > view.byteLength) return false;
  const counter = view.getFloat64(at);
  return Number.isInteger(counter) && counter >= 0 && counter <= counterMax;
}

/** Where the epoch and proposer at `at` end; absent when they are none. */
function endOfProposer(view: DataView, at: number): number | undefined {
  const start = at + 8 + 1;
  if (start > view.byteLength) return undefined;
  const epoch = view.getFloat64(at);
  if (!Number.isSafeInteger(epoch) || epoch < 0) return undefined;
  const length = view.getUint8(at + 8);
  const end = start + length;
  if (length > proposerBytesMax || end > view.byteLength) return undefined;
  for (let index = start; index < end; index++) {
    const code = view.getUint8(index);
    if (code < 0x21 || code > 0x7e) return undefined;
  }
  return end;
}

/** Where so many finite numbers at `at` end; absent when they are none. */
function endOfNumbers(
  view: DataView,
  at: number,
  count: number,
): number | undefined {
  const end = at + 8 * count;
  if (end > view.byteLength) return undefined;
  for (let each = at; each < end; each += 8)
    if (!Number.isFinite(view.getFloat64(each))) return undefined;
  return end;
}

/** Where the id at `at` ends; absent when it is none. */
function endOfId(view: DataView, at: number): number | undefined {
  const start = at + 2;
  if (start > view.byteLength) return undefined;
  const length = view.getUint16(at);
  const end = start + length;
  const isId = length > 0 && length <= operationIdBytesMax;
  return isId && end <= view.byteLength ? end : undefined;
}

/** The ballot at a place that `scanMemory` found in these bytes. */
export function ballotAt(
  bytes: Uint8Array,
  { counter, epoch }: BallotPlace,
): Ballot {
  const view = viewOf(bytes);
  const start = epoch + 8 + 1;
  const end = start + view.getUint8(epoch + 8);
  let proposer = "";
  for (let index = start; index < end; index++)
    proposer += String.fromCharCode(view.getUint8(index));
  return {
    epoch: view.getFloat64(epoch),
    counter: view.getFloat64(counter),
    proposer,
  };
}

/** When the operation was decided (ms since 1970). */
export function timeAt(bytes: Uint8Array, { time }: OperationPlace): number {
  return viewOf(bytes).getFloat64(time);
}

/** The operation at a place that `scanMemory` found in these bytes. */
export function operationAt(
  bytes: Uint8Array,
  place: OperationPlace,
): DecidedOperation {
  const head = bytes[place.start] ?? 0;
  return {
    id: decoder.decode(bytes.subarray(idStart(place), place.end)),
    ballot: ballotAt(bytes, place),
    at: timeAt(bytes, place),
    effect: effects[head % sameProposer] ?? "none",
    ...((head & withNumber) !== 0 && {
      number: viewOf(bytes).getFloat64(place.id - 8),
    }),
  };
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Whether the operation's id has these bytes. */
export function isIdAt(
  bytes: Uint8Array,
  place: OperationPlace,
  id: Uint8Array,
): boolean {
  const start = idStart(place);
  if (place.end - start !== id.length) return false;
  for (let index = 0; index < id.length; index++)
    if (bytes[start + index] !== id[index]) return false;
  return true;
}

function idStart({ id }: OperationPlace): number {
  return id + 2;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
