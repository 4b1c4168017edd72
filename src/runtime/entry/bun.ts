/** `ringwalk/bun`, and `ringwalk/node` on Bun: a node in a program, on the HTTP server of Bun. */
export { startServer } from "../bun.ts";
export * from "./parts.ts";
