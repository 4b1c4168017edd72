/** Reads Prometheus's text format, strictly: what is not in it throws (exposition formats, version 0.0.4). */

export interface ExposedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ExposedFamily {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly samples: readonly ExposedSample[];
}

/** The families in their order. Throws on a line that is none, and on what a family must not hold. */
export function parseExposition(text: string): readonly ExposedFamily[] {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const families: (ExposedFamily & { samples: ExposedSample[] })[] = [];
  let help: { name: string; text: string } | undefined;
  for (const line of text.slice(0, -1).split("\n")) {
    const [, name = "", told = ""] =
      /^# HELP ([a-z_:][\w:]*) (.+)$/.exec(line) ?? [];
    if (name) {
      help = { name, text: told };
      continue;
    }
    const [, typed = "", type = ""] =
      /^# TYPE ([a-z_:][\w:]*) (counter|gauge|histogram)$/.exec(line) ?? [];
    if (typed) {
      if (help?.name !== typed) throw new Error(`${typed} has no help`);
      if (families.some((family) => family.name === typed))
        throw new Error(`${typed} comes twice`);
      families.push({ name: typed, help: help.text, type, samples: [] });
      continue;
    }
    const family = families.at(-1);
    if (!family) throw new Error(`a sample without a family: ${line}`);
    family.samples.push(sampleOf(line, family));
  }
  families.forEach(check);
  return families;
}

function sampleOf(line: string, family: ExposedFamily): ExposedSample {
  const match =
    /^([a-z_:][\w:]*)(?:\{((?:\w+="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)$/.exec(
      line,
    );
  if (!match) throw new Error(`no sample: ${line}`);
  const [, name = "", pairs = "", number = ""] = match;
  const suffixes =
    family.type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
  if (!suffixes.some((suffix) => name === family.name + suffix))
    throw new Error(`${name} is not of ${family.name}`);
  const labels = Object.fromEntries(
    [...pairs.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(
      ([, label = "", value = ""]) => [
        label,
        value.replace(/\\(.)/g, (_, each) => (each === "n" ? "\n" : each)),
      ],
    ),
  );
  const value = number === "+Inf" ? Number.POSITIVE_INFINITY : Number(number);
  if (Number.isNaN(value)) throw new Error(`no number: ${line}`);
  return { name, labels, value };
}

function check({ name, type, samples }: ExposedFamily): void {
  const ids = samples.map(({ name, labels }) => name + JSON.stringify(labels));
  if (new Set(ids).size !== ids.length)
    throw new Error(`${name} tells a sample twice`);
  if (type === "counter" && !name.endsWith("_total"))
    throw new Error(`${name} is a counter, and its name does not say so`);
  if (type === "counter" && samples.some(({ value }) => value < 0))
    throw new Error(`${name} is below zero`);
  if (type === "histogram") checkHistogram(name, samples);
}

function checkHistogram(name: string, samples: readonly ExposedSample[]): void {
  const series = Map.groupBy(samples, ({ labels }) => {
    const { le: _, ...others } = labels;
    return JSON.stringify(others);
  });
  for (const of of series.values()) {
    const buckets = of.filter((each) => each.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels }) =>
      labels.le === "+Inf" ? Number.POSITIVE_INFINITY : Number(labels.le),
    );
    const counts = buckets.map(({ value }) => value);
    const count = of.find((each) => each.name === `${name}_count`)?.value;
    const isOrdered = (each: readonly number[]) =>
      each.every((value, at) => at === 0 || value >= (each[at - 1] ?? 0));
    if (!isOrdered(bounds) || !isOrdered(counts))
      throw new Error(`${name} has buckets out of order`);
    if (bounds.at(-1) !== Number.POSITIVE_INFINITY || counts.at(-1) !== count)
      throw new Error(`${name} does not count everything`);
    if (!of.some((each) => each.name === `${name}_sum`))
      throw new Error(`${name} has no sum`);
  }
}

/** The one sample with at least these labels; absent when there is none, an error when there are several. */
export function valueIn(
  families: readonly ExposedFamily[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const found = families
    .flatMap(({ samples }) => samples)
    .filter(
      (sample) =>
        sample.name === name &&
        Object.entries(labels).every(
          ([label, value]) => sample.labels[label] === value,
        ),
    );
  if (found.length > 1)
    throw new Error(`${name} is told ${found.length} times`);
  return found[0]?.value;
}
