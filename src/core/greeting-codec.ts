/** Greetings on the wire: who a node is, for one that wants to join (docs/PROTOCOL.md). */
import * as v from "valibot";
import { pack, parse, type SchemaOf, wholeSchema } from "./codec.ts";
import { layoutSchema, memberSchema, packLayout } from "./layout-codec.ts";
import type { Greeting } from "./message.ts";

const greetingSchema = v.object({
  versions: v.strictTuple([wholeSchema, wholeSchema]),
  layout: layoutSchema,
  self: memberSchema,
}) satisfies SchemaOf<Greeting>;

/** The body of the answer to `POST /peer/hello`. */
export function encodeGreeting(greeting: Greeting): Uint8Array<ArrayBuffer> {
  return pack({ ...greeting, layout: packLayout(greeting.layout) });
}

/** Absent when the bytes are not a greeting. */
export function decodeGreeting(bytes: Uint8Array): Greeting | undefined {
  return parse(greetingSchema, bytes);
}
