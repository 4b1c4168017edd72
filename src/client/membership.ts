/** The client's side of membership: which nodes it knows, and which of them is told what. */
import type { ByteClient, Client, RemoveOptions } from "./api.ts";
import { partsOf } from "./byte-client.ts";
import {
  type ChangeOptions,
  requestJoin,
  requestLeave,
  requestRemove,
} from "./change-request.ts";
import { OutcomeUnknownError, RingwalkError } from "./errors.ts";
import { nodeUrl } from "./node-list.ts";
import { sendTo } from "./send.ts";
import type { ChangeReport, MemberStatus } from "./status.ts";

/** Nodes that are added and taken away here are asked, or not, by the client from then on. */
export function createMembership(
  client: ByteClient,
): Pick<Client, "join" | "remove"> {
  const { sending } = partsOf(client);
  const { nodes, call } = sending;

  async function join(url: string, options: ChangeOptions): Promise<void> {
    const urls = nodes.urls().filter((known) => known !== url);
    const { signal } = options;
    if (urls.length > 0)
      await requestJoin({ call, node: url }, { urls, ...options });
    else {
      // A node by itself is a ring; all that is left to do is to see that it is there.
      sending.ring.forget();
      await sendTo(
        url,
        { method: "GET", path: "/dht/peers", ...(signal && { signal }) },
        sending,
      );
    }
    nodes.add(url);
  }

  async function leave(
    url: string,
    options: ChangeOptions,
  ): Promise<ChangeReport> {
    const wasKnown = nodes.has(url);
    // Once it has left it is a ring of its own, which must not be asked for this ring's keys.
    nodes.remove(url);
    try {
      return await requestLeave({ call, node: url }, options);
    } catch (error) {
      const isStillMember =
        error instanceof RingwalkError &&
        !(error instanceof OutcomeUnknownError);
      if (wasKnown && isStillMember) nodes.add(url);
      throw error;
    }
  }

  async function removeDead(
    url: string,
    { acceptLoss = false, ...options }: RemoveOptions,
  ): Promise<ChangeReport> {
    nodes.remove(url);
    const { members } = await client.status(options);
    const { name } = memberAt(url, members);
    const [node = url] = nodes.order();
    return requestRemove(
      { call, node },
      { name, force: acceptLoss, ...options },
    );
  }

  // One change after the other: two first nodes would make two rings.
  const inTurn = createTurns();
  return {
    join: (node, options = {}) =>
      inTurn(async () => join(nodeUrl(node), options)),
    remove: (node, { force = false, ...options } = {}) =>
      inTurn(async () =>
        force
          ? removeDead(nodeUrl(node), options)
          : leave(nodeUrl(node), options),
      ),
  };
}

function createTurns() {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(change: () => Promise<T>): Promise<T> => {
    const result = last.then(change, change);
    last = result;
    return result;
  };
}

function memberAt(url: string, members: readonly MemberStatus[]): MemberStatus {
  const member = members.find((member) => nodeUrl(member.url) === url);
  if (member) return member;
  const urls = members.map((member) => member.url).join(", ");
  throw new RingwalkError({
    code: "member_unknown",
    message: `No member has the url ${url}; the members' urls are ${urls}.`,
  });
}
