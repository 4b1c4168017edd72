/** Short texts for the parts of a model's states: states with the same texts are the same state. */
import type { Ballot } from "../../core/ballot.ts";
import type { Entry } from "../../core/entry.ts";
import { decodeMemory } from "../../core/memory.ts";

/** Remembers what `make` gives for an object: states share most of their parts. */
export function remembered<Key extends object, Value>(
  make: (key: Key) => Value,
): (key: Key) => Value {
  const known = new WeakMap<Key, Value>();
  return (key) => {
    const found = known.get(key);
    if (found !== undefined) return found;
    const value = make(key);
    known.set(key, value);
    return value;
  };
}

/** A small number for each different text, so that the keys of millions of states stay short. */
export function createNumbers(): (text: string) => number {
  const known = new Map<string, number>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    known.set(text, known.size);
    return known.size - 1;
  };
}

/** A ballot; empty for the least of all, and when there is none. */
export function ballotName(ballot: Ballot | undefined): string {
  if (!ballot || ballot.epoch === 0) return "";
  return `${ballot.epoch}.${ballot.counter}${ballot.proposer}`;
}

const ofEntry = remembered(({ memory, revision }: Entry) => {
  const past = decodeMemory(memory);
  if (!past) throw new Error("not a memory");
  const { operations, idsFrom } = past;
  const decided = operations.map(
    ({ id, effect, ballot }) => `${id} ${effect} ${ballotName(ballot)},`,
  );
  return `${decided.join("")}@${ballotName(revision)} ${ballotName(idsFrom)}`;
});

/** An entry by its past: what was decided, in order, and the ballot of its value. */
export function entryName(entry: Entry | undefined): string {
  return entry ? ofEntry(entry) : "";
}
