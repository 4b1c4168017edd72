/** A log in which one error that comes again and again is a line a minute: a disk that fails does so at every request. */
import type { Clock, Log, LogFields } from "../ports.ts";

const silenceMs = 60_000;
/** Different errors that are remembered; beyond, the oldest may be told again too soon. */
const linesMax = 256;

interface Line {
  readonly toldAt: number;
  /** How often it came since then. */
  repeated: number;
}

/**
 * Passes an error on once, and then at most once a minute, with the number of those left out as `repeated`. Errors are
 * the same when message and fields are. All other levels pass as they are.
 */
export function throttleErrors(log: Log, clock: Pick<Clock, "now">): Log {
  const lines = new Map<string, Line>();

  function error(message: string, fields?: LogFields): void {
    const id = `${message} ${JSON.stringify(fields)}`;
    const now = clock.now();
    const line = lines.get(id);
    // A clock that was set back must not silence an error for longer.
    if (line && now - line.toldAt < silenceMs && now >= line.toldAt) {
      line.repeated++;
      return;
    }
    lines.delete(id);
    lines.set(id, { toldAt: now, repeated: 0 });
    const [oldest] = lines.keys();
    if (lines.size > linesMax && oldest !== undefined) lines.delete(oldest);
    const isRepeated = line !== undefined && line.repeated > 0;
    log.error(
      message,
      isRepeated ? { ...fields, repeated: line.repeated } : fields,
    );
  }

  return {
    debug: (...args) => log.debug(...args),
    info: (...args) => log.info(...args),
    warn: (...args) => log.warn(...args),
    error,
  };
}
