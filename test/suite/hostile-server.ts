/** A server that is none of ours, and means no good: what a node must not follow, hold, or believe. */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Malice =
  | "redirect"
  | "redirect in ringwalk's name"
  | "endless body"
  | "endless body of a known length"
  | "a megabyte of headers"
  | "a page"
  | "a page in ringwalk's name";

export const malices: readonly Malice[] = [
  "redirect",
  "redirect in ringwalk's name",
  "endless body",
  "endless body of a known length",
  "a megabyte of headers",
  "a page",
  "a page in ringwalk's name",
];

export interface HostileServer {
  readonly url: string;
  requestCount(): number;
  /** Bytes that went into its sockets so far. */
  sentBytes(): number;
  /** Requests that came to where it redirects to: another port. */
  followedCount(): number;
  close(): Promise<void>;
}

export async function startHostileServer(
  malice: Malice,
): Promise<HostileServer> {
  let followedCount = 0;
  let sentBytes = 0;
  let requestCount = 0;
  const elsewhere = await listen((response) => {
    followedCount++;
    response.writeHead(200, { ringwalk: "1" }).end("x");
  });
  const server = await listen((response) => {
    requestCount++;
    const location = `${elsewhere.url}/peer`;
    const ours = { ringwalk: "1" };
    const count = (bytes: number) => {
      sentBytes += bytes;
    };
    switch (malice) {
      case "redirect":
        return response.writeHead(307, { location }).end();
      case "redirect in ringwalk's name":
        return response.writeHead(307, { location, ...ours }).end();
      case "endless body":
        return pour(response.writeHead(200, ours), count);
      case "endless body of a known length":
        return pour(
          response.writeHead(200, { ...ours, "content-length": 1e15 }),
          count,
        );
      case "a megabyte of headers":
        return response
          .writeHead(200, { ...ours, "x-long": "x".repeat(2 ** 20) })
          .end("x");
      case "a page":
        return response.writeHead(200).end("<html>");
      case "a page in ringwalk's name":
        return response.writeHead(200, ours).end("<html>");
    }
  });
  return {
    url: server.url,
    requestCount: () => requestCount,
    sentBytes: () => sentBytes,
    followedCount: () => followedCount,
    async close() {
      await Promise.all([server.close(), elsewhere.close()]);
    },
  };
}

function pour(response: ServerResponse, count: (bytes: number) => void): void {
  const chunk = Buffer.alloc(2 ** 20);
  const more = () => {
    while (!response.destroyed) {
      count(chunk.byteLength);
      if (!response.write(chunk)) return;
    }
  };
  response.on("drain", more);
  more();
}

async function listen(answer: (response: ServerResponse) => unknown) {
  const server = createServer((request, response) => {
    request.resume();
    answer(response);
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
