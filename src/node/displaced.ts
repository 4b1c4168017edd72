/** A member in whose place another node answers: what an operator is told. */
import type { Member } from "../core/layout.ts";
import type { Log } from "../ports.ts";

/** Says so, unless the member has gone from the layout meanwhile. */
export function tellDisplaced(
  member: Member | undefined,
  log: Pick<Log, "error">,
): void {
  if (!member) return;
  const { name, url } = member;
  log.error(
    "another node answers at a member's url: the member lost its data or went over to another ring; remove it from this ring, or replace it",
    { member: name, url },
  );
}
