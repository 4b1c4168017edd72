/** Memories of entries, made from what they hold and read back: tests see through the bytes that replicas pass on. */
import { expect } from "vitest";
import type { Entry } from "../../src/core/entry.ts";
import {
  decodeMemory,
  type Memory,
  memoryFrom,
  remember,
} from "../../src/core/memory.ts";

/** The bytes of a memory whose operations are few and young enough for none of them to be dropped. */
export function encodeMemory({ operations, idsFrom }: Memory): Uint8Array {
  const bytes = operations.reduce(remember, memoryFrom(idsFrom));
  expect(memoryOf({ memory: bytes }).idsFrom).toEqual(idsFrom);
  return bytes;
}

/** What an entry remembers. */
export function memoryOf({ memory }: Pick<Entry, "memory">): Memory {
  const decoded = decodeMemory(memory);
  if (!decoded) throw new Error("not a memory");
  return decoded;
}
