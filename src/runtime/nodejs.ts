/** A node as a Node.js server: composition only. */
import { deliverToNodejs } from "./nodejs-answer.ts";
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
  return startServerOn(listen, options);
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
