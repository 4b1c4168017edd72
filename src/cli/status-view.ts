/** A ring's status for people: a few lines, and a table of its members. */
import Table from "cli-table3";
import type { MemberStatus, RingStatus } from "../client/status.ts";
import { dim, green, red, reset, yellow } from "./colours.ts";

/** The text, with colours; a change under way is told with a bar where somebody watches it. */
export function statusView(
  ring: RingStatus,
  { hasBar = false }: { readonly hasBar?: boolean } = {},
): string {
  const { settings, members } = ring;
  const isVoting = new Set(ring.systemMembers);
  const table = new Table({
    head: [
      "member",
      "url",
      "zone",
      "weight",
      "partitions",
      "as primary",
      "store",
      "health",
    ],
    colAligns: [
      "left",
      "left",
      "left",
      "right",
      "right",
      "right",
      "left",
      "left",
    ],
    style: { head: [], border: [], compact: true },
  });
  for (const member of members)
    table.push([
      isVoting.has(member.name) ? `${member.name} *` : member.name,
      member.url,
      member.zone ?? "",
      member.weight,
      member.partitions,
      member.partitionsAsPrimary,
      member.guarantee,
      healthOf(member, ring),
    ]);
  const lines = [
    `Ring ${ring.ringId}, epoch ${ring.epoch}, ${ring.phase}: ${members.length} ${members.length === 1 ? "member" : "members"}, seen by ${ring.name}`,
    `${settings.consistency}, ${settings.replicaCount} replicas of each of ${settings.partitionCount} partitions, values up to ${settings.valueBytesMax} bytes`,
    table.toString(),
    `${dim}* decides layouts${reset}`,
    ...changesOf(ring, hasBar),
  ];
  return `${lines.join("\n")}\n`;
}

function healthOf(
  { health, isSelf }: MemberStatus,
  { storeFailure }: RingStatus,
): string {
  if (health === "store-failing" || (isSelf && storeFailure))
    return `${red}its store fails${reset}`;
  if (isSelf) return `${green}ok (asked)${reset}`;
  if (health === "ok") return `${green}ok${reset}`;
  if (health === "displaced")
    return `${red}displaced: another node answers at its url${reset}`;
  return health === "suspected"
    ? `${red}suspected: the last call to it failed${reset}`
    : `${yellow}${health}${reset}`;
}

/** What a disk has spoilt, and what is to be done about it. */
function damageOf(ring: RingStatus): readonly string[] {
  const { name, unreadableRecords, unreadableFloors = [], recordsLost } = ring;
  const lines: string[] = [];
  const { storeFailure } = ring;
  if (storeFailure)
    lines.push(
      `${red}The store of ${name} fails${reset} (${storeFailure.code}, ${storeFailure.failureCount} times, the last at ${new Date(storeFailure.lastFailedAt).toISOString()}): ${storeFailure.message}`,
    );
  if (unreadableRecords > 0)
    lines.push(
      `${red}${name} has ${unreadableRecords} unreadable records${reset}: they are rebuilt from the other replicas; check its disk.`,
    );
  if (unreadableFloors.length > 0)
    lines.push(
      `${red}${name} cannot vote in ${unreadableFloors.length} of its partitions${reset} (${unreadableFloors.join(", ")}): what it promised there is unreadable; check its disk, then replace it (ringwalk replace).`,
    );
  if (recordsLost !== undefined && recordsLost > 0)
    lines.push(
      `${red}${name} lost ${recordsLost} records of the ring it came from${reset}: they were unreadable, and nobody else had them; its log names each.`,
    );
  return lines;
}

const barWidth = 40;

function barOf(part: number): string {
  const done = Math.round(part * barWidth);
  return green + "█".repeat(done) + dim + "░".repeat(barWidth - done) + reset;
}

/** What is under way, and what somebody has to do. */
function changesOf(ring: RingStatus, hasBar: boolean): readonly string[] {
  const { progress, importing, activity } = ring;
  const lines: string[] = [];
  if (progress) {
    const { partitionsDone, partitionsTotal, keysCopied } = progress;
    const part = partitionsDone / Math.max(1, partitionsTotal);
    lines.push(
      `A membership change is under way: ${partitionsDone} of ${partitionsTotal} partitions (${Math.floor(100 * part)} %), ${keysCopied} keys copied.`,
      ...(hasBar ? [barOf(part)] : []),
    );
  } else if (ring.phase === "joint")
    lines.push("A membership change is under way.");
  if (importing)
    lines.push(
      `${ring.name} takes over the keys it brought along: ${importing.keysImported} so far.`,
    );
  if (activity === "joining" || activity === "leaving")
    lines.push(`${ring.name} is ${activity}.`);
  if (activity === "removed")
    lines.push(
      `${red}${ring.name} was removed from this ring${reset} and serves nothing: let it join again (ringwalk join URL --node THIS_NODE).`,
    );
  lines.push(...damageOf(ring));
  if (!ring.isEven && ring.phase === "stable")
    lines.push(
      `${yellow}The partitions are not spread evenly${reset}: the last change could not move all of them; the ring does it when every member answers.`,
    );
  return lines;
}
