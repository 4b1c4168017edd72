/** The order of revisions. */

/**
 * Below 0 when `a` is older than `b`, above when newer: for revisions of one key, in one ring. A resource that a lock
 * guards compares fencing tokens with it.
 */
export function compareRevisions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  return (
    left.epoch - right.epoch ||
    left.counter - right.counter ||
    (left.proposer < right.proposer ? -1 : +(left.proposer > right.proposer))
  );
}

/** `epoch-counter-proposer`; docs/PROTOCOL.md tells how ballots are ordered. */
function partsOf(revision: string) {
  const [, epoch, counter, proposer = ""] =
    /^(\d+)-(\d+)-(.*)$/.exec(revision) ?? [];
  if (epoch === undefined)
    throw new TypeError(`${JSON.stringify(revision)} is no revision.`);
  return { epoch: Number(epoch), counter: Number(counter), proposer };
}
