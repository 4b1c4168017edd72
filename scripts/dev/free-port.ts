/** A port of this machine that nobody listens on, for programs that have to be told one before they start. */
import { createServer } from "node:net";

/** The system chooses it; whoever is quicker may take it first. */
export function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer();
  server.once("error", reject);
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    const port = typeof address === "object" && address ? address.port : 0;
    server.close(() => resolve(port));
  });
  return promise;
}
