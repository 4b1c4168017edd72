/** How much all bulk requests of a node may have under way together; each of them has limits of its own besides. */

export interface Room {
  /** Begins an operation; false when there is no room for it. */
  enter(): boolean;
  /** Ends one that was begun. */
  leave(): void;
  /** More bytes are held, or with a negative count fewer. */
  hold(byteCount: number): void;
}

export function createRoom(limits: {
  readonly operationsMax: number;
  readonly bytesMax: number;
}): Room {
  let operationCount = 0;
  let heldBytes = 0;
  return {
    enter() {
      const isFull =
        operationCount >= limits.operationsMax || heldBytes >= limits.bytesMax;
      if (!isFull) operationCount++;
      return !isFull;
    },
    leave() {
      operationCount--;
    },
    hold(byteCount) {
      heldBytes += byteCount;
    },
  };
}
