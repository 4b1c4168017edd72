/** Writes the bytes of a memory: a head, one operation, and behind them what is kept of an older memory. */
import type { Ballot } from "./ballot.ts";
import { operationIdBytesMax } from "./limits.ts";
import {
  type DecidedOperation,
  effects,
  memoryVersion,
  type OperationPlace,
  proposerBytesMax,
  sameProposer,
  withNumber,
} from "./memory-format.ts";

/**
 * A memory before its parts are joined: what it has forgotten, the operation put in front, and what is kept of an older
 * one.
 */
export interface MemoryParts {
  readonly idsFrom: Ballot;
  /** The newest operation; absent when none is remembered. */
  readonly decided?: DecidedOperation;
  /** An older memory, and which of its operations are kept: the newest ones, in its order. */
  readonly bytes?: Uint8Array;
  readonly kept?: readonly OperationPlace[];
}

/** The bytes of a memory, in a buffer of their own. Throws a `RangeError` when an id or a proposer is too long. */
export function joinMemory(parts: MemoryParts): Uint8Array {
  const { idsFrom, decided, bytes, kept = [] } = parts;
  scratch[0] = memoryVersion;
  scratchView.setFloat64(1, idsFrom.counter);
  const headEnd = writeProposer(9, idsFrom);
  if (!decided) return scratch.slice(0, headEnd);
  const start = writeOperation(headEnd, decided);
  const [first] = kept;
  const last = kept.at(-1);
  if (!bytes || !first || !last) return scratch.slice(0, start);

  // The first that is kept leaves its epoch and proposer out if the new one has them, as those behind it have done.
  const proposerBytes = first.time - first.epoch;
  const isSame = isEqual(
    bytes.subarray(first.epoch, first.time),
    scratch.subarray(headEnd + 9, headEnd + 9 + proposerBytes),
  );
  const resumed = isSame ? first.time : first.epoch;
  const rest = bytes.subarray(resumed, last.end);
  const joined = new Uint8Array(start + 9 + rest.length);
  joined.set(scratch.subarray(0, start));
  joined.set(bytes.subarray(first.start, first.epoch), start);
  if (isSame) joined[start] = (joined[start] ?? 0) | sameProposer;
  joined.set(rest, start + 9);
  return joined;
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, index) => byte === b[index]);
}

const headBytesMax = 1 + 8 + 8 + 1 + proposerBytesMax;
const operationBytesMax = headBytesMax + 8 + 8 + 2 + operationIdBytesMax;

/** Where a head and an operation are written before they are copied to where they belong. */
const scratch = new Uint8Array(headBytesMax + operationBytesMax);
const scratchView = new DataView(scratch.buffer);
const encoder = new TextEncoder();

/** Gives the end, as does `writeProposer`. */
function writeOperation(start: number, decided: DecidedOperation): number {
  const { id, ballot, at, effect, number } = decided;
  scratch[start] =
    effects.indexOf(effect) | (number === undefined ? 0 : withNumber);
  scratchView.setFloat64(start + 1, ballot.counter);
  const time = writeProposer(start + 9, ballot);
  scratchView.setFloat64(time, at);
  if (number !== undefined) scratchView.setFloat64(time + 8, number);
  const idLength = number === undefined ? time + 8 : time + 16;
  const idStart = idLength + 2;
  const room = scratch.subarray(idStart, idStart + operationIdBytesMax);
  const { read, written } = encoder.encodeInto(id, room);
  if (read < id.length || written === 0)
    throw new RangeError(`an id has 1 to ${operationIdBytesMax} bytes`);
  scratchView.setUint16(idLength, written);
  return idStart + written;
}

/** The epoch too. */
function writeProposer(start: number, { epoch, proposer }: Ballot): number {
  if (proposer.length > proposerBytesMax)
    throw new RangeError(`a proposer has at most ${proposerBytesMax} bytes`);
  scratchView.setFloat64(start, epoch);
  scratch[start + 8] = proposer.length;
  for (let index = 0; index < proposer.length; index++)
    scratch[start + 9 + index] = proposer.charCodeAt(index);
  return start + 9 + proposer.length;
}
