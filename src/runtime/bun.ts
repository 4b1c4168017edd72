/** A node as a Bun server: composition only. */
import {
  type Listen,
  type RunningServer,
  type ServerOptions,
  startServerOn,
} from "./server.ts";
import { listenError } from "./start-error.ts";
import { createWebServer } from "./web-server.ts";

/** What is used here of https://bun.sh/reference/bun/serve */
interface BunServer {
  readonly port: number;
  /** Ends the connection of this request after so many seconds of silence; 0: never. */
  timeout(request: Request, seconds: number): void;
  /** Resolves when everything has ended, which `isAtOnce` brings about. */
  stop(isAtOnce?: boolean): Promise<void>;
}

declare const Bun: {
  serve(options: {
    readonly hostname: string;
    readonly port: number;
    readonly idleTimeout: number;
    readonly maxRequestBodySize: number;
    /** Otherwise a defect is answered with a page of Bun's; but false lets `reusePort` be true unless given. */
    readonly development: false;
    /** Whether others may listen on the same port, and share the requests. */
    readonly reusePort: false;
    readonly fetch: (
      request: Request,
      server: BunServer,
    ) => Response | Promise<Response>;
  }): BunServer;
};

/** As long as Node.js's in nodejs-server.ts. Bun's own are 10 seconds, and they count while an answer is being made. */
const idleTimeoutS = 65;

/** Starts a node; see `startServerOn`. */
export function startServer(options: ServerOptions): Promise<RunningServer> {
  return startServerOn(listen, options);
}

const listen: Listen = async ({ host, port }, fetch) => {
  const { answer, deliver, sayFarewell } = createWebServer(fetch);
  const server = serve();
  return {
    port: server.port,
    deliver,
    sayFarewell,
    close: () => server.stop(),
    cut: () => void server.stop(true),
  };

  function serve(): BunServer {
    try {
      return Bun.serve({
        hostname: host,
        port,
        idleTimeout: idleTimeoutS,
        // Larger bodies are refused by the app, in its own words.
        maxRequestBodySize: Number.MAX_SAFE_INTEGER,
        development: false,
        reusePort: false,
        fetch: (request, server) =>
          mayTakeLong(request)
            ? answerInItsTime(request, server)
            : answer(request),
      });
    } catch (cause) {
      throw listenError(cause, { host, port });
    }
  }

  async function answerInItsTime(request: Request, server: BunServer) {
    server.timeout(request, 0);
    try {
      return await answer(request);
    } finally {
      server.timeout(request, idleTimeoutS);
    }
  }
};

/** A change of the ring is answered when it is complete; everything else has its time limits in the node. */
function mayTakeLong({ url }: Request): boolean {
  return url.includes("/dht/");
}
