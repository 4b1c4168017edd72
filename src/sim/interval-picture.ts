/** One key's operations as a text picture: a lane for each client, time from left to right, a bar for each operation. */
import type { Operation } from "./history.ts";
import { type Band, type Bar, layOut } from "./interval-layout.ts";

/** What to show; 120 columns and 40 operations unless given, and none to point at. */
export interface PictureOptions {
  /** The operation to point at: the one that cannot be explained. */
  readonly stuck?: Operation;
  /** How wide a line may be. */
  readonly columns?: number;
  /** How many operations are drawn at most; those called last are. */
  readonly operationsMax?: number;
}

/**
 * Draws a bar from each operation's call to its return, `[put a -> ok r1-----]`; that of an unknown one fades,
 * `[put b -> unknown~~~`. The axis shows the order of the events, not their distances. Where a line is full the picture
 * goes on below, and so do the bars that are still open. Braces and `^^^` mark what cannot be explained.
 */
export function intervalPicture(
  operations: readonly Operation[],
  { stuck, columns = 120, operationsMax = 40 }: PictureOptions = {},
): string {
  const sorted = [...operations].sort((a, b) => a.call - b.call);
  const shown = sorted.slice(-operationsMax);
  const names = shown.map(({ client }) => client.length);
  const nameWidth = Math.max(0, ...names);
  const width = columns - nameWidth - 3;
  const { lanes, bars, bands } = layOut(shown, width);

  const lines = bands.flatMap((band) => [
    `${"".padEnd(nameWidth)} | t = ${moment(band.from)} to ${moment(band.to)}`,
    ...lanes.flatMap((name, lane) =>
      drawLane(
        bars.filter((bar) => bar.lane === lane),
        band,
        { width, stuck },
      ).map(
        (row, index) => `${(index ? "" : name).padEnd(nameWidth)} | ${row}`,
      ),
    ),
  ]);
  const left = sorted.length - shown.length;
  if (left > 0) lines.unshift(`(${left} earlier operations are not shown)`);
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}

/** The lane's part of a band, and a line of marks where it has the operation to point at. */
function drawLane(
  bars: readonly Bar[],
  band: Band,
  {
    width,
    stuck,
  }: { readonly width: number; readonly stuck?: Operation | undefined },
): readonly string[] {
  let row = "";
  let marks = "";
  for (const bar of bars) {
    const place = placeIn(bar, band, width);
    if (!place) continue;
    const points = bar.operation === stuck;
    row = row.padEnd(place.from) + drawBar(bar, place, points);
    if (points) marks = "".padEnd(place.from).padEnd(row.length, "^");
  }
  return marks === "" ? [row] : [row, marks];
}

interface Place {
  readonly from: number;
  readonly to: number;
  /** Whether the bar begins, and ends, in this band. */
  readonly begins: boolean;
  readonly ends: boolean;
}

function placeIn(bar: Bar, band: Band, width: number): Place | undefined {
  const { first, columns } = band;
  const beyond = first + columns.length;
  if (bar.call >= beyond || bar.end < first) return undefined;
  const begins = bar.call >= first;
  const from = begins ? (columns[bar.call - first] ?? 0) : 0;
  const ends = bar.end < beyond;
  const last = Math.max(
    columns.at(-1) ?? 0,
    begins ? from + bar.label.length + 1 : 0,
  );
  const to = ends ? (columns[bar.end - first] ?? last) : last;
  return { from, to: Math.min(to, width - 1), begins, ends };
}

function drawBar(bar: Bar, place: Place, points: boolean): string {
  const { begins, ends } = place;
  const unknown = bar.operation.outcome.kind === "unknown";
  const line = unknown ? "~" : "-";
  const opens = begins ? (points ? "{" : "[") : line;
  // An open bar gives way: the next one in its lane begins where it ends.
  const closes = unknown
    ? ends
      ? ""
      : line
    : ends
      ? points
        ? "}"
        : "]"
      : line;
  const inside = Math.max(0, place.to - place.from - 1);
  return place.to === place.from
    ? closes
    : opens + bar.label.slice(0, inside).padEnd(inside, line) + closes;
}

function moment(time: number): string {
  return String(Number(time.toFixed(3)));
}
