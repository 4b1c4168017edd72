/** Why a node could not start: for whoever started it, with the next step in the message. */

export type StartErrorCode =
  | "port_in_use"
  /** The address is not this machine's, or the port is reserved for others. */
  | "cannot_listen"
  | "insecure_listen"
  | "invalid_secret"
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
