/** The flags of every command that talks to a ring, and the client they make. */
import type { ByteClient, ClientOptions } from "../client/api.ts";
import { createByteClient } from "../client/byte-client.ts";
import type { Invocation } from "./command.ts";
import { usageError } from "./exit-code.ts";

/** Who is asked when neither `--node` nor RINGWALK_NODE says it: where `ringwalk serve` listens by default. */
export const nodeDefault = "http://127.0.0.1:8000";

/** Whom to ask, as whom, and for how long; each but `--timeout` has a variable, before which the flag goes. */
export const clientArgs = {
  node: {
    type: "string",
    valueHint: "url",
    description: `A node of the ring; several times: another one is tried when one is down (RINGWALK_NODE, default ${nodeDefault})`,
  },
  token: {
    type: "string",
    description:
      "A client token of the ring, its admin token or its secret; better as RINGWALK_TOKEN",
  },
  secret: {
    type: "string",
    description: "The ring's secret, where it is at hand (RINGWALK_SECRET)",
  },
  timeout: {
    type: "string",
    valueHint: "seconds",
    description: "For the whole operation (default 30)",
  },
} as const;

/** Stands behind `clientArgs`, in commands that run with `patience`: it bounds a request and not the whole. */
export const patientTimeoutArg = {
  timeout: {
    type: "string",
    valueHint: "seconds",
    description:
      "For each request to the ring, tried again while the ring is busy (default 120)",
  },
} as const;

/** With it standard output is for programs, and an error is JSON, too (on standard error). */
export const jsonArg = {
  json: { type: "boolean", description: "Print JSON" },
} as const;

type ClientInvocation = Invocation<typeof clientArgs>;

/** For commands that ask for one thing after the other: a ring that is busy for a moment must not end them. */
export const patience = { patient: true, timeoutMs: 120_000 } as const;

/** The nodes that the command talks to. */
export function nodesOf({
  all,
}: Pick<ClientInvocation, "all">): readonly string[] {
  const given = all("node");
  return given.length > 0
    ? given
    : listOf(process.env.RINGWALK_NODE ?? nodeDefault);
}

/** Asks the nodes in the order in which they were given. */
export function clientOf(
  invocation: ClientInvocation,
  defaults: Pick<
    ClientOptions,
    "patient" | "timeoutMs" | "attemptTimeoutMs"
  > = {},
): ByteClient {
  const timeoutMs = timeoutMsOf(invocation.args);
  return createByteClient({
    ...defaults,
    nodes: nodesOf(invocation),
    policy: "sticky",
    headers: authorizationOf(invocation.args),
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
}

/** What is given as a flag goes before what is in the environment. */
export function authorizationOf({
  token,
  secret,
}: {
  readonly token: string | undefined;
  readonly secret: string | undefined;
}): Record<string, string> {
  const { RINGWALK_TOKEN, RINGWALK_SECRET } = process.env;
  return bearer(token || secret || RINGWALK_TOKEN || RINGWALK_SECRET);
}

/** The header that carries a token or a secret; none without one. */
export function bearer(token: string | undefined): Record<string, string> {
  return token ? { authorization: `Bearer ${token}` } : {};
}

/** Absent when no time was given. */
export function timeoutMsOf({
  timeout,
}: {
  readonly timeout: string | undefined;
}): number | undefined {
  if (timeout === undefined) return undefined;
  const seconds = Number(timeout);
  if (!(seconds > 0 && seconds <= 1e6))
    throw usageError(`--timeout ${timeout} is not a number of seconds.`);
  return seconds * 1000;
}

/** Items of a variable, divided by commas or spaces. */
export function listOf(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((item) => item !== "");
}
