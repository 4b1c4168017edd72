/** Calls to peers by `fetch`: one POST for each, whose outcome is an answer or the reason that there is none. */
import { messageBytesMax } from "../core/limits.ts";
import type { Transport, TransportResult } from "../ports.ts";
import {
  type ForeignAnswer,
  type PeerResponse,
  readAnswer,
} from "./answer-body.ts";
import { failureOf } from "./failure.ts";
import {
  authorizationOf,
  helloPath,
  messagePath,
  octetStream,
} from "./peer-http.ts";
import { createSlots } from "./slots.ts";

/** How peers are called; what is absent suits a server in a ring without a secret. */
export interface FetchTransportOptions {
  /** The platform's own unless given. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<PeerResponse>;
  /** The ring's secret; absent: the ring has none. */
  readonly secret?: string;
  /** How many calls may run at once; as many as are made, unless given. A Worker takes `fanOutMax`. */
  readonly callsMax?: number;
}

/** A transport whose calls carry the ring secret. Connections are the platform's to keep; none is opened twice. */
export function createFetchTransport(
  options: FetchTransportOptions = {},
): Transport {
  const { fetch = globalFetch, secret, callsMax } = options;
  const slots = createSlots(callsMax);
  const headers = {
    "content-type": octetStream,
    // An answer is bounded by the length that it announces, which compression would hide.
    "accept-encoding": "identity",
    ...(secret !== undefined && { authorization: authorizationOf(secret) }),
  };

  async function post(
    url: string,
    body: Uint8Array,
    timeoutMs: number,
  ): Promise<TransportResult | ForeignAnswer> {
    // It covers the whole answer, and starts now: waiting for a slot is not the peer's fault.
    const controller = new AbortController();
    const { signal } = controller;
    const timer = setTimeout(() => controller.abort(), timeoutMs);
    try {
      const response = await fetch(url, {
        method: "POST",
        headers,
        body: body as BodyInit,
        redirect: "manual",
        signal,
      });
      return await readAnswer(response, messageBytesMax);
    } catch (error) {
      return signal.aborted
        ? { kind: "unknown", reason: `no answer within ${timeoutMs} ms` }
        : failureOf(error);
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    async call(url, body, timeoutMs) {
      const run = () => post(url + messagePath, body, timeoutMs);
      const result = await slots.run(run);
      // A proxy answers in its own name when it lost the node: that says nothing about what the node did.
      return result.kind === "foreign"
        ? { kind: "unknown", reason: result.reason }
        : result;
    },
    async hello(url, timeoutMs) {
      const run = () => post(url + helloPath, nothing, timeoutMs);
      const result = await slots.run(run);
      return result.kind === "foreign"
        ? { kind: "answer", body: nothing }
        : result;
    },
  };
}

const nothing = new Uint8Array();

/** Called anew each time, so that whoever replaces the global `fetch` later is heard; workerd wants it called plainly. */
const globalFetch = (url: string, init: RequestInit) => fetch(url, init);
