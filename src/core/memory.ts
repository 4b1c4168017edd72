/**
 * What a key remembers of the operations that were decided on it, as bytes: replicas and readers pass them on unread,
 * and the coordinator of a change looks an id up in them and puts one more in front.
 */
import { type Ballot, maxBallot } from "./ballot.ts";
import { idempotencyWindowMs, operationIdsMax } from "./limits.ts";
import {
  ballotAt,
  type DecidedOperation,
  isIdAt,
  operationAt,
  scanMemory,
  timeAt,
} from "./memory-format.ts";
import { joinMemory } from "./memory-writer.ts";

/** The bytes taken apart. */
export interface Memory {
  /** Oldest first. */
  readonly operations: readonly DecidedOperation[];
  /** Every id that was dropped from `operations`, or may have been before the entry existed, has a ballot of at most this. */
  readonly idsFrom: Ballot;
}

/** What is to be told of one id: what became of the operation, if it is remembered, and what may have been forgotten. */
export interface Recollection {
  readonly decided: DecidedOperation | undefined;
  readonly idsFrom: Ballot;
}

/** Nothing is remembered, and ids up to `idsFrom` may have been forgotten. */
export function memoryFrom(idsFrom: Ballot): Uint8Array {
  return joinMemory({ idsFrom });
}

/** Whether the bytes are a memory of this version: asked wherever one comes in, so that it need not be taken apart. */
export function isMemory(bytes: Uint8Array): boolean {
  return scanMemory(bytes) !== undefined;
}

/** What the bytes hold; absent when they are no memory of this version. */
export function decodeMemory(bytes: Uint8Array): Memory | undefined {
  const scanned = scanMemory(bytes);
  if (!scanned) return undefined;
  const { idsFrom, places } = scanned;
  return {
    operations: places.map((place) => operationAt(bytes, place)).reverse(),
    idsFrom: ballotAt(bytes, idsFrom),
  };
}

/** Looks an id up; absent when the bytes are no memory of this version. */
export function recall(
  bytes: Uint8Array,
  id: string,
): Recollection | undefined {
  const scanned = scanMemory(bytes);
  if (!scanned) return undefined;
  const wanted = encoder.encode(id);
  const place = scanned.places.find((each) => isIdAt(bytes, each, wanted));
  return {
    decided: place && operationAt(bytes, place),
    idsFrom: ballotAt(bytes, scanned.idsFrom),
  };
}

const encoder = new TextEncoder();

/**
 * The memory with one operation more. Old ones are dropped by number and by age; `idsFrom` rises with each that goes.
 * Throws when the bytes are no memory: whoever has looked the id up knows that they are one.
 */
export function remember(
  bytes: Uint8Array,
  decided: DecidedOperation,
): Uint8Array {
  const scanned = scanMemory(bytes);
  if (!scanned) throw new TypeError("not a memory");
  const kept = [...scanned.places];
  let idsFrom = ballotAt(bytes, scanned.idsFrom);
  for (let oldest = kept.at(-1); oldest; oldest = kept.at(-1)) {
    const isYoung = timeAt(bytes, oldest) > decided.at - idempotencyWindowMs;
    if (kept.length < operationIdsMax && isYoung) break;
    idsFrom = maxBallot(idsFrom, ballotAt(bytes, oldest));
    kept.pop();
  }
  return joinMemory({ idsFrom, decided, bytes, kept });
}
