/** A node on the memory store as a process of its own; it tells its port, and its memory when asked. */
import { startServer } from "../../src/runtime/nodejs.ts";
import { openStore } from "../../src/store/open.ts";

const quiet = { debug() {}, info() {}, warn() {}, error: console.error };

const server = await startServer({
  name: "bulk",
  port: 0,
  openStore: () => openStore({ kind: "memory" }),
  log: quiet,
});

const rssBytes = () => process.memoryUsage.rss();
const atStartBytes = rssBytes();
process.on("disconnect", () => process.exit());
process.on("message", () => {
  // https://nodejs.org/api/process.html#processresourceusage: in kibibytes
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  process.send?.({ peakBytes, atStartBytes });
});
process.send?.({ port: server.port });
