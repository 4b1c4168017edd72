/** Nodes that reach one another in one process, without a socket: for tests, and for the shape of `fetch` alone. */

type Answering = (request: Request) => Response | Promise<Response>;

/** A network in which nothing is slow or lost, and only a node that is not attached cannot be reached. */
export interface Loopback {
  /** Answers like `fetch`, by the node attached at the url's origin; where there is none, the connection is refused. */
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Puts a node at an origin, such as `http://a`. */
  attach(origin: string, node: Answering): void;
  /** Takes it away: from now on it is down. */
  detach(origin: string): void;
}

/** An empty network. */
export function createLoopback(): Loopback {
  const nodes = new Map<string, Answering>();
  return {
    async fetch(url, init) {
      const request = new Request(url, init);
      const answer = nodes.get(new URL(url).origin);
      if (!answer) throw refused();
      // Like a socket, the caller gives up at its signal whatever the node does.
      const { promise: given, reject: giveUp } = Promise.withResolvers<never>();
      const { signal } = request;
      signal.addEventListener("abort", () => giveUp(signal.reason));
      return Promise.race([given, answer(request)]);
    },
    attach: (origin, node) => {
      nodes.set(new URL(origin).origin, node);
    },
    detach: (origin) => {
      nodes.delete(new URL(origin).origin);
    },
  };
}

function refused(): TypeError {
  const cause = { code: "ECONNREFUSED" };
  return new TypeError("fetch failed", { cause });
}
