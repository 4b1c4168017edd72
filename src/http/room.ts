/** How much all bulk requests of a node may have under way together; each of them has limits of its own besides. */

/** What is left for bulk requests and listings with values; each `enter` that was let in is ended by one `leave`. */
export interface Room {
  /** Begins an operation; false when there is no room for it. */
  enter(): boolean;
  /** Ends one that was begun. */
  leave(): void;
  /** More bytes are held, or with a negative count fewer. */
  hold(byteCount: number): void;
}

/** Empty at first. What is held may pass `bytesMax`, as lines show their length late: then nobody enters. */
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
