/** Broken: the floor stays where it was when a tombstone goes. */
import { ballotZero } from "../../core/ballot.ts";
import * as real from "../../node/floors.ts";
import type { Store } from "../../ports.ts";

export * from "../../node/floors.ts";

/** A floor is stored with the lowest ballot of all, whatever it is raised to. */
export function createFloors(store: Store): real.Floors {
  const floors = real.createFloors(store);
  return {
    ...floors,
    raise: (space, partition, floor) =>
      floors.raise(space, partition, { ...floor, ballot: ballotZero }),
  };
}
