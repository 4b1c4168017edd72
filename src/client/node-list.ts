/** The nodes that a client knows, and which of them it asks first. */
import { RingwalkError } from "./errors.ts";

/** How long a node that failed is asked last: doubled with each failure in a row. */
const backOffMsMin = 200;
const backOffMsMax = 10_000;

/** `round-robin` spreads operations over all nodes; `sticky` stays with one until it fails. */
export type NodePolicy = "round-robin" | "sticky";

/** The nodes of one client. Who has asked one tells it how that went. */
export interface NodeList {
  urls(): readonly string[];
  has(url: string): boolean;
  add(url: string): void;
  remove(url: string): void;
  /**
   * The nodes in the order in which an operation tries them; those that failed lately come last. Operations that may
   * travel together all begin with the same one, until `advance`.
   */
  order(mayTravelTogether?: boolean): readonly string[];
  /** It is the next node's turn. */
  advance(): void;
  succeeded(url: string): void;
  failed(url: string): void;
}

interface NodeHealth {
  readonly failureCount: number;
  /** On the clock of `now`. */
  readonly avoidedUntil: number;
}

const healthy: NodeHealth = { failureCount: 0, avoidedUntil: 0 };

/** `now` counts milliseconds and does not jump. */
export function createNodeList(options: {
  readonly urls: readonly string[];
  readonly policy: NodePolicy;
  readonly now: () => number;
}): NodeList {
  const nodes = new Map<string, NodeHealth>();
  for (const url of options.urls) nodes.set(url, healthy);
  let turn = 0;

  function order(mayTravelTogether = false): readonly string[] {
    const urls = [...nodes.keys()];
    if (urls.length === 0) return urls;
    const first = turn % urls.length;
    if (!mayTravelTogether) advance();
    const rotated = [...urls.slice(first), ...urls.slice(0, first)];
    const now = options.now();
    const avoidedUntil = (url: string) => {
      const until = nodes.get(url)?.avoidedUntil ?? 0;
      return until > now ? until : 0;
    };
    return rotated.sort((a, b) => avoidedUntil(a) - avoidedUntil(b));
  }

  function advance(): void {
    if (options.policy === "round-robin") turn++;
  }

  function succeeded(url: string): void {
    if (nodes.has(url)) nodes.set(url, healthy);
  }

  function failed(url: string): void {
    const health = nodes.get(url);
    if (!health) return;
    const delayMs = backOffMsMin * 2 ** health.failureCount;
    nodes.set(url, {
      failureCount: health.failureCount + 1,
      avoidedUntil: options.now() + Math.min(delayMs, backOffMsMax),
    });
    if (options.policy === "sticky" && order()[0] !== url)
      turn = [...nodes.keys()].indexOf(order()[0] ?? url);
  }

  return {
    urls: () => [...nodes.keys()],
    has: (url) => nodes.has(url),
    add: (url) => void (nodes.has(url) || nodes.set(url, healthy)),
    remove: (url) => void nodes.delete(url),
    order,
    advance,
    succeeded,
    failed,
  };
}

/** A node's url as it is compared and called: without a slash at the end; `host:port` means http. */
export function nodeUrl(text: string): string {
  const url = URL.parse(/^https?:\/\//i.test(text) ? text : `http://${text}`);
  // Another scheme, ftp://x, would be taken for a host of that name.
  const isWeb = /^https?:\/\//i.test(text) || !text.includes("://");
  const isPlain =
    isWeb && url && url.username + url.password === "" && !/[\s?#]/.test(text);
  if (!isPlain)
    throw new RingwalkError({
      code: "invalid_node",
      message: `${JSON.stringify(text)} is not a node's url: write http://HOST:PORT, without user, query or fragment.`,
    });
  return url.origin + url.pathname.replace(/\/+$/, "");
}
