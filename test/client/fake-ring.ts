/** A ring for tests of the client: the real HTTP app over nodes that share one map, on a network whose faults a test sets. */
import { fail, ok, type Result } from "../../src/core/errors.ts";
import type { Conditions } from "../../src/core/operation.ts";
import { finish, toResponse } from "../../src/http/answer.ts";
import { createApp } from "../../src/http/app.ts";
import { problem } from "../../src/http/problem.ts";
import type {
  ChangeReport,
  NodeStatus,
  ReadValue,
  RingNode,
} from "../../src/node/api.ts";
import { createMetrics } from "../../src/node/metrics.ts";

/** What may go wrong with a request: `lost-answer` is executed and never answered. */
export const faults = [
  "refused",
  "lost-request",
  "lost-answer",
  "hangs",
  "foreign-404",
  "no-quorum",
  "outcome-unknown",
  "defect",
] as const;

export type Fault = "none" | (typeof faults)[number];

export interface FakeRing {
  readonly fetch: typeof fetch;
  /** Sets what happens to requests to a node, from now on or for the next `count`, those to `/` aside. */
  readonly fault: (url: string, fault: Fault, count?: number) => void;
  /** `METHOD url` of every request that was tried, in order, but for those to `/`, with which a client asks for a bound. */
  readonly requests: string[];
  /** Urls of the members of the ring that the node is in. */
  readonly membersOf: (url: string) => readonly string[];
  /** How often a write was applied to the key. */
  readonly writesOf: (key: string) => number;
}

interface Ring {
  readonly id: string;
  readonly leftId?: string;
  readonly values: Map<string, ReadValue>;
  readonly operations: Set<string>;
  readonly urls: string[];
}

interface FakeNode {
  ring: Ring;
  /** The ring that it joined this one from. */
  formerId?: string;
  fault: Fault;
  faultCount: number;
}

/** Nodes at these urls, each a ring of its own. */
export function createFakeRing(urls: readonly string[]): FakeRing {
  const nodes = new Map<string, FakeNode>();
  const requests: string[] = [];
  const writes = new Map<string, number>();
  let counter = 0;

  let ringCount = 0;
  const newRing = (url: string): Ring => ({
    id: `ring-${++ringCount}`,
    values: new Map(),
    operations: new Set(),
    urls: [url],
  });
  for (const url of urls)
    nodes.set(url, { ring: newRing(url), fault: "none", faultCount: 0 });
  const nodeAt = (url: string): FakeNode => {
    const node = nodes.get(url);
    if (!node) throw new Error(`no fake node at ${url}`);
    return node;
  };

  function change<T>(
    url: string,
    key: string,
    {
      id,
      conditions,
      apply,
    }: {
      id: string | undefined;
      conditions: Conditions | undefined;
      apply: (values: Map<string, ReadValue>) => T;
    },
  ): Result<T> {
    const { ring, fault } = nodeAt(url);
    if (fault === "no-quorum") return fail("no_quorum", "No majority.");
    const current = ring.values.get(key);
    const isRepeated = id !== undefined && ring.operations.has(id);
    if (!isRepeated) {
      if (!holds(conditions, current)) return fail("condition_failed", "No.");
      if (id !== undefined) ring.operations.add(id);
      writes.set(key, (writes.get(key) ?? 0) + 1);
    }
    const result = apply(isRepeated ? new Map(ring.values) : ring.values);
    return fault === "outcome-unknown"
      ? fail("outcome_unknown", "Unknown.")
      : ok(result);
  }

  const reportOf = (url: string): Result<ChangeReport> =>
    ok({
      epoch: ++counter,
      members: nodeAt(url).ring.urls.map(nameOf),
      isComplete: true,
    });

  const ringNode = (url: string): Partial<RingNode> => ({
    async get(key, options) {
      options?.onWalk?.({
        partition: 1,
        members: ["a"],
        replicaCount: 1,
        steps: [],
      });
      const { ring, fault } = nodeAt(url);
      if (fault === "no-quorum") return fail("no_quorum", "No majority.");
      return ok(ring.values.get(key));
    },
    async put(
      key,
      value,
      { conditions, idempotencyKey, contentType, ttlMs } = {},
    ) {
      const revision = { epoch: 1, counter: ++counter, proposer: "p" };
      return change(url, key, {
        id: idempotencyKey,
        conditions,
        apply(values) {
          values.set(key, {
            value,
            revision,
            createdAt: 0,
            modifiedAt: 0,
            ...(contentType !== undefined && { contentType }),
            ...(ttlMs !== undefined && { expiresAt: ttlMs }),
          });
          return { revision, created: true };
        },
      });
    },
    async delete(key, { conditions, idempotencyKey } = {}) {
      return change(url, key, {
        id: idempotencyKey,
        conditions,
        apply: (values) => ({ existed: values.delete(key) }),
      });
    },
    bound: () => undefined,
    async keys({ prefix = "", cursor = "", limit }) {
      const all = [...nodeAt(url).ring.values.keys()]
        .filter((key) => key.startsWith(prefix) && key > cursor)
        .sort();
      const keys = all.slice(0, Math.min(limit, 3));
      return ok({
        keys,
        ...(all.length > keys.length && { cursor: keys.at(-1) ?? "" }),
      });
    },
    peers: () =>
      [url, ...nodeAt(url).ring.urls.filter((other) => other !== url)].map(
        nameOf,
      ),
    tokens: { ringId: () => nodeAt(url).ring.id } as RingNode["tokens"],
    settings: () =>
      ({
        consistency: "linearizable",
        valueBytesMax: 1e6,
      }) as NodeStatus["settings"],
    identity: () => {
      const { ring, formerId } = nodeAt(url);
      const { id, leftId } = ring;
      return {
        ringId: id,
        succeededIds: formerId === undefined ? [] : [formerId],
        ...(leftId !== undefined && { leftRingId: leftId }),
      };
    },
    status: () =>
      ({
        name: nameOf(url),
        settings: { hashSeed: { low: 0, high: 0 } },
        members: nodeAt(url).ring.urls.map((member) => ({
          name: nameOf(member),
          url: member,
        })),
      }) as unknown as NodeStatus,
    async join({ urls: [first] }) {
      if (!first || nodeAt(first).fault === "refused")
        return fail("join_unreachable", "It cannot be joined.");
      const { ring } = nodeAt(first);
      if (!ring.urls.includes(url)) ring.urls.push(url);
      nodeAt(url).formerId = nodeAt(url).ring.id;
      nodeAt(url).ring = ring;
      return reportOf(url);
    },
    async leave() {
      const { urls: members } = nodeAt(url).ring;
      members.splice(members.indexOf(url), 1);
      const leftId = nodeAt(url).ring.id;
      nodes.set(url, {
        ring: { ...newRing(url), leftId },
        fault: "none",
        faultCount: 0,
      });
      return reportOf(url);
    },
    async remove({ name, force }) {
      const { urls: members } = nodeAt(url).ring;
      if (members.length === 2 && !force)
        return fail("no_quorum", "A majority is gone: force.");
      members.splice(
        members.findIndex((member) => nameOf(member) === name),
        1,
      );
      return reportOf(url);
    },
  });

  const apps = new Map(
    urls.map((url) => [
      url,
      createApp({
        node: { metrics: createMetrics(), ...ringNode(url) } as RingNode,
        clock: { now: () => 0, timer: () => () => {} },
        log: { error: (_, fields) => console.error(fields?.error) },
      }),
    ]),
  );

  const fakeFetch = async (input: RequestInfo | URL, init?: RequestInit) => {
    const request = new Request(input, init);
    const url = new URL(request.url).origin;
    const node = nodes.get(url);
    const isAsking = new URL(request.url).pathname === "/";
    if (!isAsking) requests.push(`${request.method} ${url}`);
    const fault =
      isAsking && node && node.faultCount > 0
        ? "none"
        : (node?.fault ?? "refused");
    if (fault === "refused")
      throw new TypeError("fetch failed", {
        cause: Object.assign(new Error(`connect ECONNREFUSED ${url}`), {
          syscall: "connect",
        }),
      });
    if (fault === "lost-request") throw connectionLost();
    if (fault === "foreign-404")
      return new Response("error code: 1042", { status: 404 });
    if (fault === "defect") return defect();
    // Not the signal of the request: that follows this one for no longer than somebody holds the request.
    if (fault === "hangs") return hang(init?.signal ?? request.signal);
    const response = await apps.get(url)?.fetch(request);
    if (!response || fault === "lost-answer") throw connectionLost();
    return response;
  };

  return {
    requests,
    fetch: async (input, init) => {
      const { origin, pathname } = new URL(new Request(input, init).url);
      try {
        return await fakeFetch(input, init);
      } finally {
        const node = nodes.get(origin);
        const isCounted = node && node.faultCount > 0 && pathname !== "/";
        if (isCounted && --node.faultCount === 0) node.fault = "none";
      }
    },
    fault(url, fault, count = 0) {
      Object.assign(nodeAt(url), { fault, faultCount: count });
    },
    membersOf: (url) => nodeAt(url).ring.urls,
    writesOf: (key) => writes.get(key) ?? 0,
  };
}

function connectionLost(): Error {
  const cause = Object.assign(new Error("other side closed"), {
    code: "UND_ERR_SOCKET",
  });
  return new TypeError("fetch failed", { cause });
}

function defect(): Response {
  const { status, headers, body } = problem({
    code: "internal",
    message: "A defect.",
  });
  return toResponse(finish({ status, headers, body }), undefined);
}

function hang(signal: AbortSignal): Promise<Response> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), {
      once: true,
    });
  });
}

const nameOf = (url: string) => `node-${new URL(url).port}`;

function holds(
  conditions: Conditions | undefined,
  current: ReadValue | undefined,
): boolean {
  const revision = current && `1-${current.revision.counter}-p`;
  const matches = (wanted: "*" | readonly string[]) =>
    revision !== undefined && (wanted === "*" || wanted.includes(revision));
  if (conditions?.ifMatch && !matches(conditions.ifMatch)) return false;
  return !(conditions?.ifNoneMatch && matches(conditions.ifNoneMatch));
}
