/** What a failed fetch tells about its request: whether it can have been received. */
import type { TransportResult } from "../ports.ts";

/**
 * Codes of failures that happen before a connection stands. Node.js and undici put them on the error's cause, Bun on
 * the error itself.
 */
const unconnectedCodes: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EADDRNOTAVAIL",
  "UND_ERR_CONNECT_TIMEOUT",
  "ConnectionRefused",
  "FailedToOpenSocket",
]);

/** Deno has no codes; its messages, which the error or its cause carries, name the step that failed. */
const unconnectedMessage = /tcp connect error|dns error/;

/** `not-sent` only where the failure proves that no connection was made; everything else is `unknown`. */
export function failureOf(error: unknown): TransportResult {
  const cause = causeOf(error);
  const code = codeOf(error) ?? codeOf(cause);
  const message = cause instanceof Error ? cause.message : messageOf(error);
  const wasConnected =
    code === undefined
      ? !unconnectedMessage.test(message)
      : !unconnectedCodes.has(code);
  return {
    kind: wasConnected ? "unknown" : "not-sent",
    reason: code ?? message,
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}

function codeOf(error: unknown): string | undefined {
  const code =
    typeof error === "object" && error !== null
      ? Reflect.get(error, "code")
      : undefined;
  return typeof code === "string" ? code : undefined;
}
