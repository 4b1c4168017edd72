/** The shapes of the ring. A turn is a whole circle: 0 is at the top, and it goes on clockwise. */

/** How long a member's arc is to be, and whose neighbour it is. */
export interface Share {
  readonly name: string;
  readonly zone?: string | undefined;
  /** Of all shares together, 0 to 1. */
  readonly part: number;
}

/** A member's piece of the circle, in turns. */
export interface Arc {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** Between two members, and between two zones. */
const gap = 0.008;
const zoneGap = 0.022;
/** What a member without a share still gets, so that it can be seen and pointed at. */
const partMin = 0.012;

/** One arc for each share, in their order. */
export function arcsOf(shares: readonly Share[]): readonly Arc[] {
  if (shares.length === 0) return [];
  const gaps = shares.map((share, index): number => {
    const next = shares[(index + 1) % shares.length];
    if (shares.length === 1) return 0;
    return next && next.zone !== share.zone ? zoneGap : gap;
  });
  const room = 1 - gaps.reduce((sum, each) => sum + each, 0);
  const parts = shares.map(({ part }) => Math.max(part, partMin));
  const total = parts.reduce((sum, each) => sum + each, 0);
  let at = (gaps.at(-1) ?? 0) / 2;
  return shares.map(({ name }, index) => {
    const from = at;
    const to = from + (room * (parts[index] ?? 0)) / total;
    at = to + (gaps[index] ?? 0);
    return { name, from, to };
  });
}

/** The turn at which its name stands, and lines to it end. */
export function middleOf({ from, to }: Arc): number {
  return (from + to) / 2;
}

/** Units of the drawing, from the middle of the circle; `y` grows downwards. */
export type Point = readonly [x: number, y: number];

/** Where the circle of this radius is after so many turns. */
export function pointAt(radius: number, turn: number): Point {
  const angle = 2 * Math.PI * (turn - 0.25);
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}

/** Hundredths of a unit are less than a pixel of any screen, and keep paths short. */
function text([x, y]: Point): string {
  return `${x.toFixed(2)} ${y.toFixed(2)}`;
}

/** A line along the circle. */
export function arcPath(radius: number, from: number, to: number): string {
  // An arc that ends where it begins is none: a whole circle is two halves.
  if (to - from >= 0.9999)
    return `M${text(pointAt(radius, 0))}A${radius} ${radius} 0 0 1 ${text(pointAt(radius, 0.5))}A${radius} ${radius} 0 0 1 ${text(pointAt(radius, 1))}`;
  const isLarge = to - from > 0.5 ? 1 : 0;
  return `M${text(pointAt(radius, from))}A${radius} ${radius} 0 ${isLarge} 1 ${text(pointAt(radius, to))}`;
}

/** Where a partition stands on the circle. */
export function turnOf(partition: number, partitionCount: number): number {
  return (partition + 0.5) / partitionCount;
}

/** A mark for each of these partitions. */
export function marksPath(
  partitions: readonly number[],
  partitionCount: number,
  [inner, outer]: readonly [inner: number, outer: number],
): string {
  return partitions
    .map((partition) => {
      const turn = turnOf(partition, partitionCount);
      return `M${text(pointAt(inner, turn))}L${text(pointAt(outer, turn))}`;
    })
    .join("");
}

/** A curve through the inside of the circle. */
export function chordPath(from: Point, to: Point): string {
  const apart = Math.hypot(from[0] - to[0], from[1] - to[1]);
  const size = Math.hypot(...from) + Math.hypot(...to);
  // The farther it goes, the nearer to the middle.
  const depth = 1 - (0.8 * apart) / size;
  const bend = ([x, y]: Point): Point => [x * depth, y * depth];
  return `M${text(from)}C${text(bend(from))} ${text(bend(to))} ${text(to)}`;
}
