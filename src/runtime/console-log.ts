/** The log of a Worker: the platform collects what is written to the console, and reads JSON. No library is small enough here. */
import type { Log, LogFields } from "../ports.ts";

const levels = ["debug", "info", "warning", "error"] as const;
/** As the variable `LOG_LEVEL` of a Worker says it. */
export type LogLevel = (typeof levels)[number];

/** A line for each record of at least this level: its level, its message, the node, and the fields. */
export function createConsoleLog(
  node: string,
  least: LogLevel,
  write: (line: string) => void = (line) => console.log(line),
): Log {
  const writer = (level: LogLevel) => {
    const isWanted = levels.indexOf(level) >= levels.indexOf(least);
    return (message: string, fields?: LogFields) => {
      if (isWanted)
        write(JSON.stringify({ level, message, node, ...fields }, readable));
    };
  };
  return {
    debug: writer("debug"),
    info: writer("info"),
    warn: writer("warning"),
    error: writer("error"),
  };
}

/** An error as JSON would be `{}`. */
function readable(_: string, value: unknown): unknown {
  return value instanceof Error ? (value.stack ?? String(value)) : value;
}
