/** Calls to peers by `node:http`: the `fetch` of Node.js takes twice the processor time of a call for streams and specifications. */
import * as http from "node:http";
import * as https from "node:https";
import type { PeerResponse } from "../transport/answer-body.ts";

/** As many connections as calls: each is kept for the next one, as long as the peer says. */
const agents = {
  "http:": new http.Agent({ keepAlive: true }),
  "https:": new https.Agent({ keepAlive: true }),
} as const;

/** Sends one request; what `createFetchTransport` needs of `fetch`, and no more. Follows no redirect. */
export function nodejsFetch(
  url: string,
  { method = "GET", headers, body, signal }: RequestInit,
): Promise<PeerResponse> {
  const { protocol } = new URL(url);
  const { request } = protocol === "https:" ? https : http;
  const agent = agents[protocol === "https:" ? protocol : "http:"];
  const bytes = body as Uint8Array;
  return new Promise((resolve, reject) => {
    const call = request(
      url,
      {
        method,
        agent,
        headers: {
          ...(headers as http.OutgoingHttpHeaders),
          "content-length": bytes.byteLength,
        },
        ...(signal && { signal }),
      },
      (answer) => resolve(responseOf(answer)),
    );
    call.on("error", reject);
    call.end(bytes);
  });
}

function responseOf(answer: http.IncomingMessage): PeerResponse {
  const { statusCode: status = 0, headers } = answer;
  return {
    status,
    headers: {
      get: (name) => headers[name]?.toString() ?? null,
      has: (name) => name in headers,
    },
    async arrayBuffer() {
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk);
      const { buffer, byteOffset, byteLength } = Buffer.concat(chunks);
      return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
    },
    body: Object.assign(answer, {
      async cancel() {
        answer.destroy();
      },
    }),
  };
}
