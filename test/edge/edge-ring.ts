/** Rings of nodes in workerd, formed as they are deployed: each joins the first by itself. */
import { until } from "../e2e/until.ts";
import type { EdgeNode, EdgeNodes, Intercept } from "./edge-node.ts";

interface Status {
  readonly phase: string;
  readonly members: readonly { readonly name: string }[];
}

export async function isInRingOf(
  node: Pick<EdgeNode, "fetch">,
  count: number,
): Promise<boolean> {
  const answer = await node.fetch("/dht/status");
  const { phase, members } = (await answer.json()) as Status;
  return phase === "stable" && members.length === count;
}

export async function edgeRingOfThree(
  nodes: EdgeNodes,
  intercept?: Intercept,
  hasKv = false,
): Promise<readonly [EdgeNode, EdgeNode, EdgeNode]> {
  const common = { hasKv, ...(intercept && { intercept }) };
  const a = await nodes.start({ name: "a", ...common });
  const join = async (name: string, count: number) => {
    const variables = { JOIN: a.url };
    const node = await nodes.start({ name, variables, ...common });
    await until(() => isInRingOf(node, count), `${name} is in the ring`);
    return node;
  };
  return [a, await join("b", 2), await join("c", 3)];
}
