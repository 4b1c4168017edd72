/** A node as a Deno server: composition only. */
import {
  type Listen,
  type RunningServer,
  type ServerOptions,
  startServerOn,
} from "./server.ts";
import { listenError } from "./start-error.ts";
import { createWebServer } from "./web-server.ts";

/** What is used here of https://docs.deno.com/api/deno/~/Deno.serve */
declare const Deno: {
  serve(
    options: {
      readonly hostname: string;
      readonly port: number;
      /** Aborted, it ends the server and its connections at once. */
      readonly signal: AbortSignal;
      /** Unless given, Deno writes a line to standard output. */
      readonly onListen: () => void;
      /** Unless given, a variable of the environment decides. */
      readonly automaticCompression: false;
    },
    handler: (request: Request) => Response | Promise<Response>,
  ): {
    readonly addr: { readonly port: number };
    /** Resolves when the answers under way have ended; idle connections end at once. No abort helps it along. */
    shutdown(): Promise<void>;
    /** Resolves when the server has ended, however it came to that. */
    readonly finished: Promise<void>;
  };
};

/** Starts a node; see `startServerOn`. */
export function startServer(options: ServerOptions): Promise<RunningServer> {
  return startServerOn(listen, options);
}

const listen: Listen = async ({ host, port }, fetch) => {
  const { answer, deliver, sayFarewell } = createWebServer(fetch);
  const controller = new AbortController();
  const { promise: isCut, resolve: giveUp } = Promise.withResolvers<void>();
  let isClosing = false;
  const server = serve();
  return {
    port: server.addr.port,
    deliver,
    // Deno 2.9.5 stops reading, without an error, and the answer waits for what does not come.
    isHalfDuplex: true,
    sayFarewell,
    close() {
      if (controller.signal.aborted) return server.finished;
      isClosing = true;
      return Promise.race([server.shutdown(), isCut]);
    },
    cut() {
      // What a server that is shutting down waits for ends with the process.
      if (isClosing) giveUp();
      else controller.abort();
    },
  };

  function serve() {
    const { signal } = controller;
    try {
      return Deno.serve(
        {
          hostname: host,
          port,
          signal,
          onListen: () => {},
          // It would hide an answer's length, by which a peer bounds what it reads.
          automaticCompression: false,
        },
        (request) => answer(request),
      );
    } catch (cause) {
      throw listenError(cause, { host, port });
    }
  }
};
