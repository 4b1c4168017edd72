/** A watch over several nodes: which of them serves, what is passed over, and what it ends with. */
import { afterEach, describe, expect, test } from "vitest";
import {
  RingwalkError,
  UnavailableError,
  UnreachableError,
  WrongRingError,
} from "../../src/client/errors.ts";
import { createNodeList } from "../../src/client/node-list.ts";
import { createRingPin } from "../../src/client/ring-pin.ts";
import { createStreamCall } from "../../src/client/stream-call.ts";
import { watchKey } from "../../src/client/watch.ts";

const ours = { ringwalk: "1", "ringwalk-ring": "R" };
const [a, b] = ["http://a", "http://b"] as const;

type Answers = (request: Request) => Response | Promise<Response>;

function stream(
  text: string,
  { isOpen = false, headers = ours } = {},
): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(text));
      if (!isOpen) controller.close();
    },
  });
  return new Response(body, {
    headers: { ...headers, "content-type": "text/event-stream; charset=utf-8" },
  });
}

function value(id: string, text: string): string {
  const data = { etag: `"${id}"`, value: text, contentType: "text/plain" };
  return `event: value\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`;
}

function problem(status: number, code: string): Response {
  return new Response(JSON.stringify({ code, detail: code }), {
    status,
    headers: ours,
  });
}

let controller = new AbortController();
afterEach(() => {
  controller.abort();
  controller = new AbortController();
});

/** A watch of two nodes; what they are asked is kept. */
function watchOf(
  answers: Answers,
  { timeoutMs = 200, after }: { timeoutMs?: number; after?: string } = {},
) {
  const asked: string[] = [];
  const fetch = async (input: RequestInfo | URL, init?: RequestInit) => {
    const request = new Request(input, init);
    const { headers } = request;
    asked.push(
      [
        new URL(request.url).origin,
        headers.get("last-event-id"),
        headers.get("ringwalk-ring"),
      ]
        .filter((each) => each !== null)
        .join(" "),
    );
    return answers(request);
  };
  const now = () => performance.now();
  const states = watchKey(
    {
      nodes: createNodeList({ urls: [a, b], policy: "sticky", now }),
      call: createStreamCall({ fetch }),
      ring: createRingPin(),
      attemptTimeoutMs: 1_000,
      timeoutMs,
      now,
    },
    "a key",
    { signal: controller.signal, ...(after !== undefined && { after }) },
  );
  return { asked, states };
}

async function take(
  states: AsyncGenerator<{ id: string; stored?: { bytes: Uint8Array } }>,
  count: number,
) {
  const taken: string[] = [];
  for (let i = 0; i < count; i++) {
    const { value } = await states.next();
    taken.push(
      value?.stored ? new TextDecoder().decode(value.stored.bytes) : "(absent)",
    );
  }
  return taken;
}

describe("a watch goes on", () => {
  test("where a stream ended, with the id of what it showed last, in the same ring", async () => {
    let count = 0;
    const { asked, states } = watchOf(() => {
      count++;
      return count === 1
        ? stream(
            `retry: 1\n\n${value("1-1-p", "1")}event: absent\nid: absent\ndata: {}\n\n`,
          )
        : stream(value("1-3-p", "3"), { isOpen: true });
    });
    expect(await take(states, 3)).toEqual(["1", "(absent)", "3"]);
    expect(asked).toEqual([a, `${a} absent R`]);
  });

  test("at the next node when one is not there, shuts down, is busy, or is none", async () => {
    for (const answer of [
      () => Promise.reject(new TypeError("fetch failed")),
      () => problem(503, "shutting_down"),
      () => problem(429, "slow_down"),
      () => new Response("error code: 1042", { status: 404 }),
    ]) {
      const { asked, states } = watchOf((request) =>
        request.url.startsWith(a)
          ? answer()
          : stream(value("1-1-p", "1"), { isOpen: true }),
      );
      expect(await take(states, 1)).toEqual(["1"]);
      expect(asked.map((each) => each.split(" ")[0])).toEqual([a, b]);
    }
  });

  test("at the next node when a connection breaks", async () => {
    const { asked, states } = watchOf((request) => {
      if (request.url.startsWith(b))
        return stream(value("1-2-p", "2"), { isOpen: true });
      let isSent = false;
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (isSent) controller.error(new TypeError("terminated"));
          else
            controller.enqueue(new TextEncoder().encode(value("1-1-p", "1")));
          isSent = true;
        },
      });
      return new Response(body, {
        headers: { ...ours, "content-type": "text/event-stream" },
      });
    });
    expect(await take(states, 2)).toEqual(["1", "2"]);
    expect(asked).toEqual([a, `${b} 1-1-p R`]);
  });

  test("behind the id that it is given, over events that it does not know", async () => {
    const { asked, states } = watchOf(
      () =>
        stream(`event: later\nid: x\ndata: {}\n\n${value("1-2-p", "2")}`, {
          isOpen: true,
        }),
      { after: "1-1-p" },
    );
    expect(await take(states, 1)).toEqual(["2"]);
    expect(asked).toEqual([`${a} 1-1-p`]);
  });
});

describe("a watch ends", () => {
  const endOf = (answers: Answers) =>
    take(watchOf(answers).states, 1).then(
      () => undefined,
      (error: unknown) => error,
    );

  test("when no node serves it for its time, with what they said", async () => {
    const unreachable = await endOf(() =>
      Promise.reject(new TypeError("fetch failed")),
    );
    expect(unreachable).toBeInstanceOf(UnreachableError);
    const busy = await endOf(() => problem(503, "overloaded"));
    expect(busy).toBeInstanceOf(UnavailableError);
    expect(busy).toMatchObject({ code: "overloaded" });
    expect((busy as UnavailableError).attempts.length).toBeGreaterThan(2);
  });

  test("at once with what every node would say", async () => {
    const { asked, states } = watchOf(() => problem(401, "unauthorized"));
    await expect(states.next()).rejects.toMatchObject({ code: "unauthorized" });
    expect(asked).toEqual([a]);
    expect(
      await endOf(() => stream("event: value\nid: 1\ndata: {\n\n")),
    ).toMatchObject({ code: "malformed_answer" });
  });

  test("when its nodes are in another ring", async () => {
    let count = 0;
    const { states } = watchOf(() =>
      ++count === 1
        ? stream(value("1-1-p", "1"))
        : stream(value("9-9-q", "9"), {
            headers: { ...ours, "ringwalk-ring": "S" },
          }),
    );
    expect(await take(states, 1)).toEqual(["1"]);
    // The ring went on in another one, says who serves a request that names it.
    expect(await take(states, 1)).toEqual(["9"]);
    const left = watchOf((request) =>
      request.headers.get("ringwalk-ring") === null
        ? stream(value("1-1-p", "1"))
        : new Response(
            JSON.stringify({
              code: "wrong_ring",
              detail: "left",
              details: { leftRingId: "R" },
            }),
            { status: 421, headers: { ...ours, "ringwalk-ring": "S" } },
          ),
    );
    expect(await take(left.states, 1)).toEqual(["1"]);
    await expect(left.states.next()).rejects.toBeInstanceOf(WrongRingError);
  });

  test("with the signal's reason, also while it waits", async () => {
    const { states } = watchOf(() =>
      stream(value("1-1-p", "1"), { isOpen: true }),
    );
    await states.next();
    const waiting = states.next();
    controller.abort(new RingwalkError({ code: "enough", message: "enough" }));
    await expect(waiting).rejects.toMatchObject({ code: "enough" });
  });
});
