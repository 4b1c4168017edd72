/** `ringwalk/node`: a node in a program, on the HTTP server of Node.js. */
export { startServer } from "../nodejs.ts";
export * from "./parts.ts";
