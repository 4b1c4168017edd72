/** Why a node could not start: for whoever started it, with the next step in the message. */

/** What a program that starts nodes may go by; the codes are stable. */
export type StartErrorCode =
  | "port_in_use"
  /** The address is not this machine's, or the port is reserved for others. */
  | "cannot_listen"
  /** Beyond loopback, without a secret or an admin token, and without `insecure`. */
  | "insecure_listen"
  | "invalid_secret"
  | "invalid_origin"
  /** Of the node itself: none that peers can call. */
  | "invalid_url";

/** An operating error of the start; nothing is left open. */
export class StartError extends Error {
  override readonly name = "StartError";
  readonly code: StartErrorCode;

  constructor(code: StartErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** Why a runtime could not listen, by the error that its server met. */
export function listenError(
  cause: unknown,
  { host, port }: { readonly host: string; readonly port: number },
): StartError {
  const error = cause instanceof Error ? cause : new Error(String(cause));
  const code = "code" in error ? String(error.code) : undefined;
  return code === "EADDRINUSE"
    ? new StartError(
        "port_in_use",
        `Port ${port} on ${host} is in use: stop what listens there, or choose another with -p.`,
        cause,
      )
    : new StartError(
        "cannot_listen",
        `Cannot listen on ${host}, port ${port} (${code ?? error.message}).`,
        cause,
      );
}
