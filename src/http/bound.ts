/** Bounds as text: what a client carries from an answer to its next operations, so that it cannot be made up. */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { parseBallot } from "../core/ballot.ts";
import { fail, ok, type Result } from "../core/errors.ts";
import { counterMetMax } from "../core/limits.ts";
import { sameDigest } from "../core/secret.ts";
import type { Bound, ChangeOptions } from "../node/change-api.ts";
import type { Handler } from "./access.ts";
import { withHeaders } from "./answer.ts";
import type { AccessOptions } from "./authentication.ts";

/** In answers the bound for what comes next; in requests with an idempotency key the one that they began under. */
export const boundHeader = "ringwalk-bound";
/** Says with `1` that the request was sent before. */
const repeatedHeader = "ringwalk-repeated";

/**
 * Tells bounds and reads them back (docs/decisions/0026). Where the ring has a secret, one that was made up counts as
 * another ring's: nothing is begun under it.
 */
export interface Bounds {
  /** One for operations that are sent from now on; absent in an eventual ring. */
  text(): string | undefined;
  /** The same as the header of an answer. */
  headers(): Readonly<Record<string, string>>;
  /** What an operation with an idempotency key says of its past; `invalid_bound` when it cannot be read. */
  read(past: ToldPast): Result<Pick<ChangeOptions, "bound" | "isRepetition">>;
}

/** As it stands in the headers of a request, or in a line of many. */
interface ToldPast {
  readonly bound?: string | undefined;
  readonly isRepetition: boolean;
  /** Whether it has an idempotency key. */
  readonly isKeyed: boolean;
}

interface BoundsOptions extends Pick<AccessOptions, "secret" | "secretAlso"> {
  readonly node: { bound(): Bound | undefined };
}

/** `EPOCH-COUNTER.RING`, and where the ring has a secret `.MAC`: without it whoever reaches the node could send peers' messages too. */
export function createBounds(options: BoundsOptions): Bounds {
  const { node, secret, secretAlso } = options;
  const keys = [secret, secretAlso].flatMap((text) =>
    text === undefined ? [] : [encoder.encode(text)],
  );
  const [key] = keys;
  let told: Bound | undefined;
  let toldText = "";
  /** What came last: lines that travel together have the same one, and a signature takes a while. */
  let lastRead: { readonly text: string; readonly bound: Bound } | undefined;

  function textOf({ ringId, ballot }: Bound): string {
    const text = `${ballot.epoch}-${ballot.counter}.${ringId}`;
    return key ? `${text}.${macOf(key, text)}` : text;
  }

  /** Absent when it is none of a node of this ring's, under one of its secrets. */
  function boundIn(text: string): Bound | undefined {
    const [place = "", ringId = "", mac] = text.split(".");
    const ballot = parseBallot(`${place}-`);
    if (!ballot || ballot.counter >= counterMetMax / 2) return undefined;
    const isGenuine =
      keys.length === 0
        ? mac === undefined
        : keys.some((each) =>
            sameDigest(
              encoder.encode(mac ?? ""),
              encoder.encode(macOf(each, `${place}.${ringId}`)),
            ),
          );
    // Above every proposer, as the node that told it had it.
    return isGenuine
      ? { ringId, ballot: { ...ballot, proposer: "~" } }
      : undefined;
  }

  function text(): string | undefined {
    const bound = node.bound();
    if (!bound) return undefined;
    // A node tells the same one for a while.
    if (bound !== told) toldText = textOf(bound);
    told = bound;
    return toldText;
  }

  return {
    text,
    headers(): Record<string, string> {
      const bound = text();
      return bound === undefined ? {} : { [boundHeader]: bound };
    },
    read({ bound: given, isRepetition, isKeyed }) {
      if (given === undefined && !isRepetition) return ok({});
      if (!isKeyed)
        return invalid(
          "A bound, and the mark of a repetition, go with an idempotency key.",
        );
      const mark = isRepetition && { isRepetition };
      if (given === undefined) return ok({ ...mark });
      if (!boundForm.test(given))
        return invalid(
          "The bound is none that this ring has told: leave it out, or take it as it came.",
        );
      if (lastRead?.text !== given)
        lastRead = { text: given, bound: boundIn(given) ?? foreign };
      return ok({ bound: lastRead.bound, ...mark });
    },
  };
}

/** What the headers of a request say. */
export function toldPastOf(headers: Headers): Result<ToldPast> {
  const repeated = headers.get(repeatedHeader);
  if (repeated !== null && repeated !== "1")
    return invalid(`${repeatedHeader} is 1, or not there.`);
  return ok({
    bound: headers.get(boundHeader) ?? undefined,
    isRepetition: repeated !== null,
    isKeyed: headers.has("idempotency-key"),
  });
}

/** The handler, whose answers to requests with an idempotency key tell a bound for what comes next. */
export function tellingBound(bounds: Bounds, handler: Handler): Handler {
  return async (request, grant) => {
    const answer = await handler(request, grant);
    return request.headers.has("idempotency-key")
      ? withHeaders(answer, bounds.headers())
      : answer;
  };
}

const encoder = new TextEncoder();
const boundForm = /^\d{1,16}-\d{1,16}\.[\w-]{1,64}(?:\.[\w-]{1,64})?$/;
/** Of no ring: nothing is begun under it, and what is repeated under it is looked up. */
const foreign: Bound = {
  ringId: "",
  ballot: { epoch: 0, counter: 0, proposer: "" },
};
/** 128 bits: more than anybody can try on a server. */
const macBytes = 16;

/** HMAC-SHA-256 (RFC 2104), of this use alone. */
function macOf(key: Uint8Array, text: string): string {
  const mac = hmac(sha256, key, encoder.encode(`${boundHeader} ${text}`));
  return bytesToHex(mac.subarray(0, macBytes));
}

function invalid(message: string) {
  return fail("invalid_bound", message);
}
