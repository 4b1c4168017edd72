/** The ring: members as arcs as long as their shares, partitions as marks inside, a change as it moves along. */
import { useMemo } from "hono/jsx/dom";
import type { RingTable } from "../node/ring-view.ts";
import type { Looked } from "./app.tsx";
import { Centre } from "./centre.tsx";
import { formatPercent, shortened } from "./format.ts";
import {
  type Arc,
  arcPath,
  arcsOf,
  chordPath,
  marksPath,
  middleOf,
  pointAt,
  type Share,
  turnOf,
} from "./geometry.ts";
import { type Health, healthOf } from "./health.ts";
import type { RingData } from "./ring-data.ts";
import { doneOf, movingPartitions, partitionsOf } from "./shares.ts";

interface RingDrawingProps {
  ring: RingData;
  table: RingTable | undefined;
  shares: readonly Share[];
  chosen: string | undefined;
  looked: Looked | undefined;
  onPoint: (name: string | undefined) => void;
}

const arcRadius = 150;
const marks = [126, 135] as const;
const progressRadius = 112;
const labelRadius = 172;
/** Of more members only those are named that are chosen, keep the key, or are not well. */
const namedMax = 14;

/** One image with a summary, for a screen reader; for the mouse, arcs to point at. */
export function RingDrawing(props: RingDrawingProps) {
  const { ring, shares, chosen, looked, onPoint } = props;
  const arcs = useMemo(() => arcsOf(shares), [shares]);
  const members = new Map(ring.members.map((member) => [member.name, member]));
  return (
    <svg
      class={`drawing ${chosen !== undefined ? "has-chosen" : ""} ${arcs.length > namedMax ? "crowded" : ""}`}
      viewBox="-250 -202 500 404"
      role="img"
      aria-label={summaryOf(props)}
    >
      <Marks {...props} />
      {ring.phase === "joint" && <Course done={doneOf(ring)} />}
      {looked && <Walk looked={looked} arcs={arcs} />}
      {arcs.map((arc) => {
        const member = members.get(arc.name);
        return (
          member && (
            <MemberArc
              key={arc.name}
              arc={arc}
              share={shares.find(({ name }) => name === arc.name)}
              health={healthOf(ring, member)}
              isChosen={chosen === arc.name}
              isKeeper={looked?.holders.holders.some(
                (holder) => holder.member === arc.name,
              )}
              onPoint={onPoint}
            />
          )
        );
      })}
      <Centre ring={ring} looked={looked} />
    </svg>
  );
}

/** The table beside it has everything that the picture has. */
function summaryOf({ ring, looked }: RingDrawingProps): string {
  const down = ring.members.filter(
    (member) => healthOf(ring, member).kind === "bad",
  );
  const parts = [
    `A ring of ${ring.members.length} members`,
    down.length > 0
      ? `not well: ${down.map(({ name }) => name).join(", ")}`
      : "all of them well",
    ...(ring.phase === "joint"
      ? [
          `a change is under way, ${Math.floor(100 * doneOf(ring))} percent done`,
        ]
      : []),
    ...(looked
      ? [
          `the key ${looked.key} is kept by ${looked.holders.holders.map(({ member }) => member).join(", ")}`,
        ]
      : []),
  ];
  return `${parts.join("; ")}. The table of members has the figures.`;
}

function Marks({ ring, table, chosen }: RingDrawingProps) {
  const count = ring.settings.partitionCount;
  const paths = useMemo(() => {
    if (!table) return undefined;
    const every = table.partitions.map((_, partition) => partition);
    const kept =
      chosen === undefined
        ? { primary: [], other: [] }
        : partitionsOf(table, chosen);
    return {
      all: marksPath(every, count, marks),
      moving: marksPath(movingPartitions(table), count, marks),
      primary: marksPath(kept.primary, count, [marks[0] - 5, marks[1]]),
      other: marksPath(kept.other, count, marks),
    };
  }, [table, chosen, count]);
  if (!paths) return <circle class="marks" r={(marks[0] + marks[1]) / 2} />;
  return (
    <g class={count > 400 ? "marks many" : "marks"}>
      <path d={paths.all} />
      <path class="moving" d={paths.moving} />
      <path class="kept" d={paths.other} />
      <path class="primary" d={paths.primary} />
    </g>
  );
}

/** How far the change is, with a head that goes around. */
function Course({ done }: { done: number }) {
  const [x, y] = pointAt(progressRadius, done);
  return (
    <g class="course">
      <circle class="track" r={progressRadius} />
      {done > 0 && <path d={arcPath(progressRadius, 0, done)} />}
      <circle class="head" cx={x} cy={y} r="5" />
    </g>
  );
}

/** From where the key falls on the circle to the members that keep it. */
function Walk({ looked, arcs }: { looked: Looked; arcs: readonly Arc[] }) {
  const { partition, partitionCount, holders } = looked.holders;
  const turn = turnOf(partition, partitionCount);
  const [x, y] = pointAt(marks[0] - 8, turn);
  return (
    <g class="walk">
      {holders.map(({ member, role }) => {
        const arc = arcs.find(({ name }) => name === member);
        return (
          arc && (
            <path
              key={member}
              class={role}
              d={chordPath([x, y], pointAt(arcRadius - 9, middleOf(arc)))}
            />
          )
        );
      })}
      <path
        class="pin"
        d={marksPath([partition], partitionCount, [marks[0] - 8, marks[1] + 3])}
      />
      <circle cx={x} cy={y} r="5" />
    </g>
  );
}

interface MemberArcProps {
  arc: Arc;
  share: Share | undefined;
  health: Health;
  isChosen: boolean;
  isKeeper: boolean | undefined;
  onPoint: (name: string | undefined) => void;
}

function MemberArc({
  arc,
  share,
  health,
  isChosen,
  isKeeper,
  onPoint,
}: MemberArcProps) {
  const path = arcPath(arcRadius, arc.from, arc.to);
  const turn = middleOf(arc);
  const [x, y] = pointAt(labelRadius, turn);
  const side = turn % 1;
  const anchor =
    Math.abs(x) < 40 ? "middle" : side > 0 && side < 0.5 ? "start" : "end";
  const { part = 0, zone } = share ?? {};
  const isNotable = health.kind !== "good";
  const classes = [
    "member",
    health.kind,
    isChosen ? "chosen" : "",
    isKeeper ? "keeper" : "",
  ];
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the rows of the table do the same for the keyboard
    <g
      class={classes.join(" ")}
      onMouseEnter={() => onPoint(arc.name)}
      onMouseLeave={() => onPoint(undefined)}
    >
      <path class="reach" d={path} />
      <path class="arc" d={path} />
      <text
        x={x}
        y={y + (y > 120 ? 8 : y < -120 ? -8 : 0)}
        text-anchor={anchor}
      >
        <tspan class="name">{shortened(arc.name, 12)}</tspan>
        <tspan class="more" x={x} dy="1.2em">
          {isNotable
            ? health.label
            : `${formatPercent(part)}${zone === undefined ? "" : ` · ${zone}`}`}
        </tspan>
      </text>
    </g>
  );
}
