/** The end of a turn: what is issued together is there by then. */

type Later = (run: () => void) => unknown;

/** Where there is no `setImmediate`, so many steps of promises: the answers of one batch go on in fewer. */
const stepsMax = 8;

/**
 * Calls `run` when the answers that have arrived were dealt with, and before anybody waits for new ones. `setImmediate`
 * says that exactly; a timer would do, but takes a millisecond, and in browsers four.
 */
export const endOfTurn: Later =
  (globalThis as { setImmediate?: Later }).setImmediate ??
  ((run) => inSteps(run, stepsMax));

function inSteps(run: () => void, left: number): void {
  queueMicrotask(left > 0 ? () => inSteps(run, left - 1) : run);
}
