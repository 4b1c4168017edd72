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

export const boundHeader = "ringwalk-bound";
/** Says with `1` that the request was sent before. */
const repeatedHeader = "ringwalk-repeated";

export interface Bounds {
  /** The header of an answer; none in an eventual ring. */
  headers(): Readonly<Record<string, string>>;
  /** What a keyed request says of its past; `invalid_bound` when it cannot be read, `bound_outdated` when it is not ours. */
  read(headers: Headers): Result<Pick<ChangeOptions, "bound" | "isRepetition">>;
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

  return {
    headers(): Record<string, string> {
      const bound = node.bound();
      if (!bound) return {};
      // A node tells the same one for a while.
      if (bound !== told) toldText = textOf(bound);
      told = bound;
      return { [boundHeader]: toldText };
    },
    read(headers) {
      const text = headers.get(boundHeader);
      const repeated = headers.get(repeatedHeader);
      if (text === null && repeated === null) return ok({});
      if (headers.get("idempotency-key") === null)
        return invalid(
          `${boundHeader} and ${repeatedHeader} go with an Idempotency-Key.`,
        );
      if (repeated !== null && repeated !== "1")
        return invalid(`${repeatedHeader} is 1, or not there.`);
      if (text !== null && !boundForm.test(text))
        return invalid(
          `${boundHeader} is none that this ring has told: leave it out, or take it as it came.`,
        );
      const isRepetition = repeated !== null && { isRepetition: true };
      if (text === null) return ok({ ...isRepetition });
      const bound = boundIn(text) ?? foreign;
      return ok({ bound, ...isRepetition });
    },
  };
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
