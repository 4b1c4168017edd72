/** `ringwalk/deno`, and `ringwalk/node` on Deno: a node in a program, on the HTTP server of Deno. */
export { startServer } from "../deno.ts";
export * from "./parts.ts";
