/** Metrics in the text form that Prometheus scrapes (https://prometheus.io/docs/instrumenting/exposition_formats/, version 0.0.4). */
import type { Family, Sample } from "../node/metrics.ts";

/** The Content-Type by which a scraper knows the version of the form. */
export const metricsType = "text/plain; version=0.0.4; charset=utf-8";

/** The body of `/metrics`: each family in turn, with the samples that it has at this moment. */
export function metricsText(families: readonly Family[]): string {
  return families.map(familyText).join("");
}

/** A family that has nothing to tell is left out. */
function familyText(family: Family): string {
  const lines = Array.from(family.samples(), (sample) => line(family, sample));
  if (lines.length === 0) return "";
  const { name, help, type } = family;
  const told = help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return `# HELP ${name} ${told}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function line({ name }: Family, { suffix, labels, value }: Sample): string {
  const pairs = Object.entries(labels).map(
    ([label, text]) => `${label}="${escaped(text)}"`,
  );
  const set = pairs.length > 0 ? `{${pairs.join(",")}}` : "";
  return `${name}${suffix ?? ""}${set} ${numberText(value)}\n`;
}

function escaped(text: string): string {
  return text
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("\n", "\\n");
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}
