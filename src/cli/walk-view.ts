/** A walk for people: the partition, its replicas, and each step with its outcome. */
import { parseWalk } from "../http/walk-header.ts";
import { note } from "./output.ts";

/** Prints the walk of the header `ringwalk-walk` on standard error. */
export function noteWalk(header: string): void {
  const walk = parseWalk(header);
  if (!walk) {
    note(`walk: ${header}`);
    return;
  }
  const { partition, members, replicaCount, steps } = walk;
  const replicas = members.slice(0, replicaCount).join(", ");
  const others = members.slice(replicaCount).join(", ");
  note(`partition ${partition}: ${replicas}${others && ` (then ${others})`}`);
  for (const [index, { member, request, outcome }] of steps.entries())
    note(`  ${index + 1}. ${request} at ${member}: ${outcome}`);
}

/** The walk as JSON; the header's text when it is of another version. */
export function walkFields(header: string): unknown {
  return parseWalk(header) ?? header;
}
