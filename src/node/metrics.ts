/** Counters, gauges and histograms in memory: counted where things happen, read when somebody asks (docs/decisions/0030). */

/** One number of a family, as of now. */
export interface Sample {
  /** Behind the family's name; only histograms have it. */
  readonly suffix?: "_bucket" | "_sum" | "_count";
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What is told under one name. */
export interface Family {
  /** As Prometheus has them: letters, digits and `_`, the unit last, `_total` behind it for counters. */
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  samples(): Iterable<Sample>;
}

/** Rises from 0, where it began with the process. */
export interface Counter {
  /** By 1 unless given. */
  add(count?: number): void;
}

/** Counts what it is shown by the bounds that it does not exceed, and adds it up. */
export interface Histogram {
  observe(value: number): void;
}

/** The one with these values of the labels, in their order: always the same, to be kept where it is used often. */
type ByLabels<Cell> = (...values: readonly string[]) => Cell;

interface Named {
  readonly name: string;
  readonly help: string;
  /** None unless given. What stands in them has to be bounded: each combination is kept for good. */
  readonly labels?: readonly string[];
}

/** All that a node counts; its HTTP app makes families of its own here. */
export interface Metrics {
  counter(named: Named): ByLabels<Counter>;
  /** `bounds` rise; what is above the last one is counted too. */
  histogram(
    named: Named & { readonly bounds: readonly number[] },
  ): ByLabels<Histogram>;
  /** `read` is called whenever somebody asks: it must be cheap. */
  gauge(
    named: Omit<Named, "labels">,
    read: () => number | undefined | Iterable<Sample>,
  ): void;
  /** In the order in which they were made. */
  families(): readonly Family[];
}

/** Nothing is stored, and names are not compared: each family is made once. */
export function createMetrics(): Metrics {
  const families: Family[] = [];

  function cellsOf<Cell>({ labels = [] }: Named, create: () => Cell) {
    const cells = new Map<string, { cell: Cell; labels: Sample["labels"] }>();
    const of: ByLabels<Cell> = (...values) => {
      const id = values.join("\n");
      const known = cells.get(id);
      if (known) return known.cell;
      const cell = create();
      const entries = labels.map((label, at) => [label, values[at] ?? ""]);
      cells.set(id, { cell, labels: Object.fromEntries(entries) });
      return cell;
    };
    return { of, all: () => cells.values() };
  }

  return {
    counter(named) {
      const { of, all } = cellsOf(named, createCounter);
      families.push({
        ...named,
        type: "counter",
        *samples() {
          for (const { cell, labels } of all())
            yield { labels, value: cell.value() };
        },
      });
      return of;
    },
    histogram({ bounds, ...named }) {
      const { of, all } = cellsOf(named, () => createHistogram(bounds));
      families.push({
        ...named,
        type: "histogram",
        *samples() {
          for (const { cell, labels } of all()) yield* cell.samples(labels);
        },
      });
      return of;
    },
    gauge(named, read) {
      families.push({
        ...named,
        type: "gauge",
        *samples() {
          const told = read();
          if (typeof told === "number") yield { labels: {}, value: told };
          else if (told) yield* told;
        },
      });
    },
    families: () => families,
  };
}

function createCounter() {
  let value = 0;
  return {
    add(count = 1) {
      value += count;
    },
    value: () => value,
  };
}

function createHistogram(bounds: readonly number[]) {
  // One more for what is above all bounds.
  const counts = new Float64Array(bounds.length + 1);
  let sum = 0;
  return {
    observe(value: number) {
      let at = 0;
      while (at < bounds.length && value > (bounds[at] ?? 0)) at++;
      counts[at] = (counts[at] ?? 0) + 1;
      sum += value;
    },
    *samples(labels: Sample["labels"]): Iterable<Sample> {
      let count = 0;
      for (const [at, ofBucket] of counts.entries()) {
        count += ofBucket;
        const le = at < bounds.length ? String(bounds[at]) : "+Inf";
        yield { suffix: "_bucket", labels: { ...labels, le }, value: count };
      }
      yield { suffix: "_sum", labels, value: sum };
      yield { suffix: "_count", labels, value: count };
    },
  };
}
