/** Ports that stay a process's own while it is down. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";

const given = new Set<number>();
const firstPort = 10_000;

/**
 * A free port of 127.0.0.1 below those that the system gives to outgoing connections: one of these could take the port
 * while its node is down.
 */
export async function reservePort(): Promise<number> {
  const range = await readFile(
    "/proc/sys/net/ipv4/ip_local_port_range",
    "utf8",
  ).catch(() => "32768");
  const beyond = Math.max(Number.parseInt(range, 10), firstPort + 1000);
  for (;;) {
    const port = firstPort + Math.floor(Math.random() * (beyond - firstPort));
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
