/** Ports in a row for programs that count on from the first. */
import { createServer } from "node:net";

/**
 * The first of `count` ports in a row that nothing listens on. Below those that the system hands out by itself, so
 * that a port stays free until the test uses it, or uses it again.
 */
export async function freePort(count = 1): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const ports = Array.from({ length: count }, (_, index) => port + index);
    if ((await Promise.all(ports.map(canListen))).every(Boolean)) return port;
  }
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
