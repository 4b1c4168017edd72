/** What stands in the middle of the ring: what is going on, or what it is. */
import type { Looked } from "./app.tsx";
import { formatCount, plural, shortened, visible } from "./format.ts";
import { turnOf } from "./geometry.ts";
import type { RingData } from "./ring-data.ts";

interface CentreProps {
  ring: RingData;
  looked: Looked | undefined;
}

/** Three lines: a change under way comes first, then the key that is looked at, then the ring's size. */
export function Centre({ ring, looked }: CentreProps) {
  const [title, first, second] = linesOf({ ring, looked });
  return (
    <g class="centre">
      <text y="-6" class={title.length > 3 ? "title" : "title figure"}>
        {title}
      </text>
      <text y="17">{first}</text>
      <text y="35">{second}</text>
    </g>
  );
}

function linesOf({
  ring,
  looked,
}: CentreProps): readonly [string, string, string] {
  if (ring.phase === "joint") return changeLines(ring);
  if (looked) {
    const { partition, partitionCount, holders } = looked.holders;
    const degrees = Math.floor(360 * turnOf(partition, partitionCount));
    return [
      shortened(visible(looked.key)),
      `partition ${formatCount(partition)}, at ${degrees}°`,
      plural(holders.length, "replica"),
    ];
  }
  const { partitionCount, replicaCount } = ring.settings;
  return [
    formatCount(ring.members.length),
    ring.members.length === 1 ? "member" : "members",
    `${formatCount(partitionCount)} partitions × ${Math.min(replicaCount, ring.members.length)}`,
  ];
}

function changeLines(ring: RingData): readonly [string, string, string] {
  const { progress, joining, leaving } = ring;
  const [name = "the ring"] = [...joining, ...leaving];
  const verb =
    joining.length > 0 ? "joins" : leaving.length > 0 ? "leaves" : "changes";
  if (!progress)
    return [`${shortened(name)} ${verb}`, "about to move partitions", ""];
  const left = progress.partitionsTotal - progress.partitionsDone;
  return [
    `${shortened(name)} ${verb}`,
    left === 0 ? "all partitions moved" : `${plural(left, "partition")} to go`,
    `${plural(progress.keysCopied, "key")} copied`,
  ];
}
