/** A client for bytes, without the serializer of values: what `createClient` builds on. */
import type { ByteClient, ClientOptions, RequestOptions } from "./api.ts";
import { createBatchingCall } from "./batch.ts";
import { createExchange, type NodeAnswer, textOf } from "./call.ts";
import { createKeyOperations } from "./key-operations.ts";
import { createKeys } from "./keys.ts";
import { jsonOf } from "./node-answer.ts";
import { createNodeList, nodeUrl } from "./node-list.ts";
import { createRingPin } from "./ring-pin.ts";
import { type Operation, type SendOptions, send } from "./send.ts";
import type { RingStatus } from "./status.ts";

/** For one request to one node: longer than a node tries, so that its answer arrives: it tells more than a time-out. */
export const attemptTimeoutMsDefault = 10_000;
const timeoutMsDefault = 30_000;

/** What functions over a client need of it: see `partsOf`. */
export interface ClientParts {
  readonly given: ClientOptions;
  readonly sending: SendOptions;
}

const parts = Symbol("parts");

/** The parts of a client that `createByteClient` made, or that was made of one. */
export function partsOf(client: ByteClient): ClientParts {
  return (client as unknown as { readonly [parts]: ClientParts })[parts];
}

/** What goes with every request, the token in its header. */
export function withToken(given: ClientOptions) {
  const authorization = given.token && `Bearer ${given.token}`;
  return {
    ...given,
    headers: { ...(authorization && { authorization }), ...given.headers },
  };
}

/** A client of the nodes given, without a request being made. Throws a `RingwalkError` (`invalid_node`) for what is no url. */
export function createByteClient(given: ClientOptions = {}): ByteClient {
  const now = () => performance.now();
  const nodes = createNodeList({
    urls: (given.nodes ?? []).map(nodeUrl),
    policy: given.policy ?? "round-robin",
    now,
  });
  const sending: SendOptions = {
    nodes,
    call: createBatchingCall(createExchange(withToken(given)), nodes.advance),
    told: {},
    attemptTimeoutMs: given.attemptTimeoutMs ?? attemptTimeoutMsDefault,
    timeoutMs: given.timeoutMs ?? timeoutMsDefault,
    isPatient: given.patient ?? false,
    now,
    ring: createRingPin(),
  };

  async function request(
    operation: Operation,
    { signal, onWalk }: RequestOptions,
  ): Promise<NodeAnswer> {
    // A line has no walk.
    const traced = onWalk && {
      headers: { ...operation.headers, "ringwalk-trace": "1" },
      line: undefined,
    };
    const answer = await send({ ...operation, ...traced, signal }, sending);
    const walk = answer.headers.get("ringwalk-walk");
    if (walk) onWalk?.(walk);
    return answer;
  }

  const get = (path: string, options: RequestOptions) =>
    request({ method: "GET", path }, options);
  const status = async (options: RequestOptions = {}) =>
    jsonOf<RingStatus>(await get("/dht/status", options));

  const client: ByteClient = {
    ...createKeyOperations(request),
    keys: createKeys(request),
    async peers(options = {}) {
      const text = textOf(await get("/dht/peers", options));
      return text.split("\r\n").filter((line) => line !== "");
    },
    status,
    nodes: nodes.urls,
  };
  return Object.assign(client, { [parts]: { given, sending } });
}
