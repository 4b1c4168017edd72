/** The Deno server, as a process. */
import type { RawDeviation } from "../suite/node-raw.ts";
import { serverProcessSuite } from "../suite/server-process.ts";

function refusedByDeno(refusal: string): RawDeviation {
  return {
    reason: "Deno's parser refuses it before there is a request",
    refusal,
  };
}

const badRequest = refusedByDeno("HTTP/1.1 400 Bad Request");

serverProcessSuite("deno", {
  "another protocol": badRequest,
  "a header above every limit": {
    reason:
      "Deno takes 100 headers of some 400 kB together, and does not tell how long they were",
  },
  "many headers above every limit": badRequest,
  "a length that is none": badRequest,
  "two lengths": badRequest,
  "a chunk that is none": refusedByDeno(""),
});
