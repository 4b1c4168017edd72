/** Requests that `fetch` cannot send, as bytes over a socket: each is refused in ringwalk's words, and changes nothing. */
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/** A request's bytes, and the status and code that refuse it. */
interface RawCase {
  readonly text: string;
  readonly status: number;
  readonly code: string;
}

const tail = "Host: localhost\r\nConnection: close\r\n";
const put = (more: string) => `PUT /db/k HTTP/1.1\r\n${tail}${more}`;

const cases = {
  "an unknown method": {
    text: `BREW /db/k HTTP/1.1\r\n${tail}\r\n`,
    status: 405,
    code: "method_not_allowed",
  },
  "another protocol": {
    text: `GET /db/k HTTP/9.9\r\n${tail}\r\n`,
    status: 400,
    code: "invalid_encoding",
  },
  "no host": {
    text: "GET /db/k HTTP/1.1\r\nConnection: close\r\n\r\n",
    status: 400,
    code: "invalid_encoding",
  },
  "a host that is none": {
    text: "GET /db/k HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n",
    status: 400,
    code: "invalid_encoding",
  },
  "a host with a path": {
    text: "PUT /k HTTP/1.1\r\nHost: localhost/db\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx",
    status: 400,
    code: "invalid_encoding",
  },
  "a raw backslash": {
    text: `GET /db/a\\b HTTP/1.1\r\n${tail}\r\n`,
    status: 400,
    code: "invalid_encoding",
  },
  "a dot segment": {
    text: `PUT /db/a/../k HTTP/1.1\r\n${tail}Content-Length: 1\r\n\r\nx`,
    status: 400,
    code: "invalid_key",
  },
  "an escaped dot segment": {
    text: `PUT /db/a/%2E%2e/k HTTP/1.1\r\n${tail}Content-Length: 1\r\n\r\nx`,
    status: 400,
    code: "invalid_key",
  },
  "a dot at the end": {
    text: `DELETE /db/k/. HTTP/1.1\r\n${tail}\r\n`,
    status: 400,
    code: "invalid_key",
  },
  "a target above every limit": {
    text: `GET /db/${"k".repeat(40_000)} HTTP/1.1\r\n${tail}\r\n`,
    status: 414,
    code: "uri_too_long",
  },
  "a header above every limit": {
    text: `GET /db/k HTTP/1.1\r\n${tail}X-Long: ${"x".repeat(40_000)}\r\n\r\n`,
    status: 431,
    code: "headers_too_large",
  },
  "many headers above every limit": {
    text: `GET /db/k HTTP/1.1\r\n${tail}${"X-Short: x\r\n".repeat(4_000)}\r\n`,
    status: 431,
    code: "headers_too_large",
  },
  "a value with an encoding": {
    text: put("Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx"),
    status: 415,
    code: "unsupported_encoding",
  },
  "a length over the limit, and no body": {
    text: put("Content-Length: 9999999\r\n\r\n"),
    status: 413,
    code: "value_too_large",
  },
  "a length far over the limit, and no body": {
    text: put("Content-Length: 999999999999\r\n\r\n"),
    status: 413,
    code: "value_too_large",
  },
  "a length that is none": {
    text: put("Content-Length: x\r\n\r\n"),
    status: 400,
    code: "invalid_encoding",
  },
  "two lengths": {
    text: put("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
    status: 400,
    code: "invalid_encoding",
  },
  "a chunk that is none": {
    text: put("Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
    status: 400,
    code: "invalid_encoding",
  },
} as const satisfies Readonly<Record<string, RawCase>>;

/** Where a runtime's own server goes another way, which nothing of ours can change. */
export interface RawDeviation {
  readonly reason: string;
  /**
   * The status line of its parser's own refusal, which has neither ringwalk's header nor a problem; empty: it closes
   * the connection. Absent: the request reaches the app as another one, and is served as that.
   */
  readonly refusal?: string;
}

export type RawDeviations = Partial<
  Readonly<Record<keyof typeof cases, RawDeviation>>
>;

/** Runs every case against one node; a deviation is tested to be exactly that. */
export function rawRequestSuite(
  name: string,
  deviations: RawDeviations,
  start: () => Promise<{ readonly url: string; close(): Promise<void> }>,
): void {
  describe(`requests that fetch cannot send: ${name}`, {
    timeout: 30_000,
  }, () => {
    let url: string;
    let close: (() => Promise<void>) | undefined;
    beforeAll(async () => {
      ({ url, close } = await start());
    });
    afterAll(() => close?.());

    for (const [title, { text, status, code }] of Object.entries(cases)) {
      const deviation = deviations[title as keyof typeof cases];
      test(`${title}${deviation ? ` (${deviation.reason})` : ""}`, async () => {
        await fetch(`${url}/db/k`, { method: "PUT", body: "unchanged" });
        const answer = await exchange(url, text);
        if (deviation && deviation.refusal === undefined) {
          expect(answer).toMatch(/^HTTP\/1\.1 [24]\d\d /);
          expect(answer).toMatch(/\r\nringwalk: 1\r\n/i);
          expect(answer).not.toContain(`"code":"${code}"`);
          return;
        }
        if (deviation) {
          expect(answer.split("\r\n")[0]).toBe(deviation.refusal);
          expect(answer).not.toMatch(/\r\nringwalk:/i);
        } else {
          expect(answer).toContain(`HTTP/1.1 ${status} `);
          expect(answer).toMatch(/\r\nringwalk: 1\r\n/i);
          expect(answer).toContain(`"code":"${code}"`);
        }
        const after = await fetch(`${url}/db`);
        expect(await after.text()).toBe("k\r\n");
        expect(await (await fetch(`${url}/db/k`)).text()).toBe("unchanged");
      });
    }

    test("keys with dots that are no segments pass", async () => {
      for (const path of [
        "/db/...",
        "/db/.a",
        "/db/a..b/c",
        "/db/x?key=/../",
      ]) {
        const request = `GET ${path} HTTP/1.1\r\n${tail}\r\n`;
        expect(await exchange(url, request)).not.toContain("invalid_key");
      }
    });

    test("a body that ends too early is not stored", async () => {
      const request =
        "PUT /db/cut HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n12345";
      await exchange(url, request, { end: true });
      expect((await fetch(`${url}/db/cut`)).status).toBe(404);
    });

    test("a client that gives up while it sends does not disturb the others", async () => {
      const request =
        "PUT /db/cut HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n";
      const { hostname, port } = new URL(url);
      const socket = connect(Number(port), hostname);
      await new Promise<void>((resolve) =>
        socket.write(request, () => resolve()),
      );
      socket.resetAndDestroy();
      expect((await fetch(`${url}/db/cut`)).status).toBe(404);
    });
  });
}

/** Sends bytes as they are, and resolves with what comes back: a whole answer, or all until the connection ends. */
function exchange(
  url: string,
  text: string,
  { end = false }: { readonly end?: boolean } = {},
): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(text);
      if (end) socket.end();
    });
    let received = "";
    socket.setEncoding("latin1");
    socket.on("data", (chunk) => {
      received += chunk;
      // Deno waits for the rest of a body that it has refused.
      if (isWholeAnswer(received)) socket.destroy();
    });
    // A reset counts as an end: what was received before it is judged.
    socket.on("error", () => {});
    socket.on("close", () => resolve(received));
  });
}

function isWholeAnswer(received: string): boolean {
  const [head = "", body] = received.split("\r\n\r\n", 2);
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  return body !== undefined && body.length === Number(length);
}
