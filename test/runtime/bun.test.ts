/** The Bun server, as a process. */
import type { RawDeviation } from "../suite/node-raw.ts";
import { serverProcessSuite } from "../suite/server-process.ts";

const resolved: RawDeviation = {
  reason:
    "Bun hands over a url in its normal form, and what was sent cannot be told any more",
};

function refusedByBun(refusal: string): RawDeviation {
  return {
    reason: "Bun's parser refuses it before there is a request",
    refusal,
  };
}

const badRequest = refusedByBun("HTTP/1.1 400 Bad Request");
const tooLarge = refusedByBun("HTTP/1.1 431 Request Header Fields Too Large");

serverProcessSuite("bun", {
  "an unknown method": refusedByBun(""),
  "another protocol": refusedByBun("HTTP/1.1 505 HTTP Version Not Supported"),
  "no host": badRequest,
  "a raw backslash": resolved,
  "a dot segment": resolved,
  "an escaped dot segment": resolved,
  "a dot at the end": resolved,
  "a target above every limit": tooLarge,
  "a header above every limit": tooLarge,
  "many headers above every limit": tooLarge,
  "a length that is none": badRequest,
  "two lengths": badRequest,
  "a chunk that is none": badRequest,
});
