/** What `ringwalk doctor` finds. */

/** One thing that was looked at, and how it is; a single `problem` makes the exit code 1. */
export interface Finding {
  readonly level: "ok" | "warning" | "problem";
  /** Stable. */
  readonly code: string;
  /** For a person: what was found, and what it means. */
  readonly message: string;
  /** A line to paste, or what to do where none would do it; absent where nothing is to be done. */
  readonly next?: string;
}

/** All is well there: nothing is to be done. */
export function ok(code: string, message: string): Finding {
  return { level: "ok", code, message };
}

/** It works, and should not stay as it is. */
export function warning(code: string, message: string, next: string): Finding {
  return { level: "warning", code, message, next };
}

/** Something does not work, or will soon not. */
export function problem(code: string, message: string, next: string): Finding {
  return { level: "problem", code, message, next };
}

/** Names for a sentence: `a`, `a and b`, `a, b and c`. */
export function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? "";
  if (names.length < 2) return last;
  return `${names.slice(0, -1).join(", ")} and ${last}`;
}

/** A name or a url as one word of a line to paste: members choose theirs, and a shell must not run them. */
export function word(text: string): string {
  return /^[\w.:/@%+,=[\]-]+$/.test(text)
    ? text
    : `'${text.replaceAll("'", "'\\''")}'`;
}
