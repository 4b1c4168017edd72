/** A node as a Node.js server: composition only. */
import { createFetchTransport } from "../transport/fetch.ts";
import { deliverToNodejs } from "./nodejs-answer.ts";
import { nodejsFetch } from "./nodejs-fetch.ts";
import {
  closeServer,
  createNodejsServer,
  listenAt,
  sayFarewell,
} from "./nodejs-server.ts";
import {
  type Listen,
  type RunningServer,
  type ServerOptions,
  startServerOn,
} from "./server.ts";

/** Starts a node; see `startServerOn`. */
export function startServer(options: ServerOptions): Promise<RunningServer> {
  const { secret } = options;
  const transport = createFetchTransport({
    fetch: nodejsFetch,
    ...(secret !== undefined && { secret }),
  });
  return startServerOn(listen, { transport, ...options });
}

const listen: Listen = async (where, fetch) => {
  const server = createNodejsServer(fetch);
  return {
    port: await listenAt(server, where),
    deliver: deliverToNodejs,
    sayFarewell: () => sayFarewell(server),
    close: () => closeServer(server),
    cut: () => server.closeAllConnections(),
  };
};
