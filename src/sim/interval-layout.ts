/** Where the bars of an interval picture go: lanes from top to bottom, columns from left to right, line after line. */
import { describeOperation, type Operation } from "./history.ts";

/** Everything that a picture shows, with its place. */
export interface Layout {
  /** The client of each lane, from top to bottom; a client that does two things at once has more than one. */
  readonly lanes: readonly string[];
  readonly bars: readonly Bar[];
  /** The axis, in pieces that fit on a line. */
  readonly bands: readonly Band[];
}

/** An operation on the axis of events: all calls and returns in order, numbered. */
export interface Bar {
  readonly operation: Operation;
  readonly label: string;
  readonly lane: number;
  /** The event that it begins with. */
  readonly call: number;
  /** The event that it ends with. An unknown operation ends nowhere: its bar gives way to the next one in its lane. */
  readonly end: number;
}

/** The events that one line of the picture shows. */
export interface Band {
  /** The number of its first event. */
  readonly first: number;
  /** The column of each of its events. */
  readonly columns: readonly number[];
  /** The moments of its first and of its last event. */
  readonly from: number;
  readonly to: number;
}

interface Event {
  readonly time: number;
  readonly operation: Operation;
  readonly isCall: boolean;
}

const labelLengthMax = 48;

/** Places `operations`, which are sorted by their calls, on lines of `width` columns. */
export function layOut(
  operations: readonly Operation[],
  width: number,
): Layout {
  const events = operations.flatMap(eventsOf).sort(
    // At the same moment calls come first: the two operations overlap.
    (a, b) => a.time - b.time || Number(b.isCall) - Number(a.isCall),
  );
  const { lanes, bars } = placeBars(operations, events, width);
  return { lanes, bars, bands: placeEvents(events, bars, width) };
}

function eventsOf(operation: Operation): readonly Event[] {
  const { call, return: end, outcome } = operation;
  const begins: Event = { time: call, operation, isCall: true };
  return end === undefined || outcome.kind === "unknown"
    ? [begins]
    : [begins, { time: end, operation, isCall: false }];
}

function placeBars(
  operations: readonly Operation[],
  events: readonly Event[],
  width: number,
): Pick<Layout, "lanes" | "bars"> {
  const clients = Map.groupBy(operations, ({ client }) => client);
  const lanes: string[] = [];
  const bars: Bar[] = [];
  for (const client of [...clients.keys()].sort(byNumber)) {
    const free: { lane: number; from: number }[] = [];
    for (const operation of clients.get(client) ?? []) {
      const own = (isCall: boolean) =>
        events.findIndex(
          (event) => event.operation === operation && event.isCall === isCall,
        );
      const [call, end] = [own(true), own(false)];
      let place = free.find(({ from }) => from <= call);
      if (!place) {
        place = { lane: lanes.push(client) - 1, from: 0 };
        free.push(place);
      }
      place.from = Math.max(call, end) + 1;
      const label = clip(describeOperation(operation), width - 2);
      const last = end < 0 ? Infinity : end;
      bars.push({ operation, label, lane: place.lane, call, end: last });
    }
  }
  return { lanes, bars: bars.map((bar) => giveWay(bar, bars)) };
}

/** Ends an open bar before the next one in its lane. */
function giveWay(bar: Bar, bars: readonly Bar[]): Bar {
  if (bar.end !== Infinity) return bar;
  const later = bars.filter(
    ({ lane, call }) => lane === bar.lane && call > bar.call,
  );
  return { ...bar, end: Math.min(Infinity, ...later.map(({ call }) => call)) };
}

/** Each event right of the one before, with room for the label of each bar that begins; else on a new line. */
function placeEvents(
  events: readonly Event[],
  bars: readonly Bar[],
  width: number,
): readonly Band[] {
  const bands: Band[] = [];
  let columns: number[] = [];
  let first = 0;
  const finish = (until: number): void => {
    const from = events[first]?.time ?? 0;
    const to = events[until - 1]?.time ?? from;
    if (columns.length > 0) bands.push({ first, columns, from, to });
    columns = [];
    first = until;
  };
  for (const number of events.keys()) {
    const ends = bars.filter(({ end }) => end === number);
    const starts = bars.find(({ call }) => call === number);
    const room = starts ? starts.label.length + 2 : 1;
    const column = Math.max(
      (columns.at(-1) ?? -1) + 1,
      ...ends.map(({ call, label }) =>
        call < first ? 0 : (columns[call - first] ?? 0) + label.length + 1,
      ),
    );
    if (column + room > width) {
      finish(number);
      columns.push(0);
    } else columns.push(column);
  }
  finish(events.length);
  return bands;
}

function clip(text: string, room: number): string {
  const length = Math.max(1, Math.min(labelLengthMax, room));
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

function byNumber(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
