/** Figures as people read them. */

const whole = new Intl.NumberFormat("en");
const tenths = new Intl.NumberFormat("en", {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

/** With a comma at each thousand, whatever the browser's language: the page is English. */
export function formatCount(count: number): string {
  return whole.format(count);
}

/** `1 member`, `2 members`; `many` is for words that need more than an s. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

const units = ["B", "KiB", "MiB", "GiB", "TiB"];

/** Three digits and a binary unit, as `1.5 KiB`. */
export function formatBytes(bytes: number): string {
  let at = 0;
  let value = bytes;
  while (value >= 1024 && at < units.length - 1) {
    value /= 1024;
    at++;
  }
  return `${short.format(value)} ${units[at]}`;
}

/** Three digits; what is counted, and that it is a second, stands beside it. */
export function formatRate(perSecond: number): string {
  return short.format(perSecond);
}

/** Three digits, from a second on in seconds. */
export function formatMs(ms: number): string {
  return ms < 1000 ? `${short.format(ms)} ms` : `${short.format(ms / 1000)} s`;
}

/** `part` of 1, with one decimal. */
export function formatPercent(part: number): string {
  return `${tenths.format(100 * part)} %`;
}

/** `at` in milliseconds since 1970, as a time of the reader's day. */
export function formatTime(at: number): string {
  return new Date(at).toLocaleTimeString([], { hour12: false });
}

/** The remaining time to live. */
export function formatTtl(seconds: number): string {
  if (seconds < 120) return plural(seconds, "second");
  if (seconds < 7200) return plural(Math.round(seconds / 60), "minute");
  if (seconds < 172_800) return plural(Math.round(seconds / 3600), "hour");
  return plural(Math.round(seconds / 86_400), "day");
}

/** A key as it can be told from another: as JSON where it has characters that nobody sees. */
export function visible(key: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what nobody sees
  return /[\x00-\x1f]/.test(key) ? JSON.stringify(key) : key;
}

/** As much of a name as fits into the picture. */
export function shortened(text: string, charactersMax = 18): string {
  return text.length <= charactersMax
    ? text
    : `${text.slice(0, charactersMax - 1)}…`;
}
