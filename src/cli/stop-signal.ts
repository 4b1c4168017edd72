/** When a long-running command should end. */

/** A second Ctrl-C within this time is an echo of the first: npm passes on what the terminal sent already. */
const echoMs = 1_000;

/**
 * Aborts on SIGINT, SIGTERM or SIGHUP, and when the parent process is gone (its IPC channel closes). Whoever asks a
 * second time does not want to wait: then the process ends at once.
 */
export function listenForStop(): AbortSignal {
  const controller = new AbortController();
  let stoppedAt: number | undefined;
  const stop = () => {
    const now = performance.now();
    if (stoppedAt !== undefined && now - stoppedAt > echoMs) process.exit(1);
    stoppedAt ??= now;
    controller.abort();
  };
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(name, stop);
  if (process.channel) process.once("disconnect", stop);
  return controller.signal;
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
