/** The structured log, by LogTape: on every runtime, and silent until `configureLog` was called. */
import {
  configureSync,
  getJsonLinesFormatter,
  getLogfmtFormatter,
  getLogger,
} from "@logtape/logtape";
import type { Log } from "../ports.ts";

/** A log whose records name the node: several may live in one process. */
export function createLog(nodeName: string): Log {
  const logger = getLogger("ringwalk").with({ node: nodeName });
  return {
    debug: (message, fields) => logger.debug(message, fields),
    info: (message, fields) => logger.info(message, fields),
    warn: (message, fields) => logger.warn(message, fields),
    error: (message, fields) => logger.error(message, fields),
  };
}

/** How the logs of all nodes in this process are written. */
export interface LogSettings {
  /** The least level that is written. */
  readonly level: "debug" | "info" | "warning" | "error";
  /** `text`: `key=value` pairs (logfmt); `json`: an object a line. */
  readonly format: "text" | "json";
  /** Takes one record, without its line end; `console.error` unless given, which is standard error on servers. */
  readonly write?: (line: string) => void;
}

/** Says where the logs of this process go; called again, it replaces what was said before. */
export function configureLog({ level, format, write }: LogSettings): void {
  const formatRecord =
    format === "json"
      ? getJsonLinesFormatter({ properties: "flatten" })
      : getLogfmtFormatter();
  const writeLine = write ?? ((line) => console.error(line));
  configureSync({
    reset: true,
    sinks: { lines: (record) => writeLine(formatRecord(record).trimEnd()) },
    loggers: [
      { category: "ringwalk", lowestLevel: level, sinks: ["lines"] },
      // LogTape's own remarks would mix with ours.
      { category: ["logtape", "meta"], lowestLevel: "fatal", sinks: [] },
    ],
  });
}
