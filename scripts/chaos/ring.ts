/** The nodes of a run as clients and faults see them: who is a member, and who is lost at the moment. */
import type { Place } from "./network.ts";
import type { NodeProcess } from "./node-process.ts";

/** What clients need to know of a node, whatever runs it. */
export interface Addressed {
  readonly name: string;
  readonly place: Pick<Place, "clientUrl">;
}

/** A time in which a node was taken away: dead until it serves again, paused, or on the smaller side of a split. */
export interface Loss {
  readonly name: string;
  readonly cause: string;
  readonly from: number;
  /** Absent while it lasts. */
  readonly to?: number;
}

export interface Ring<Node extends Addressed = NodeProcess> {
  readonly nodes: readonly Node[];
  /** Those that clients may call: the members. */
  members(): readonly Node[];
  admit(node: Node): void;
  /** No client calls it any more; resolves when none waits for it either. */
  retire(node: Node): Promise<void>;
  /** Runs a client's call to a member, so that `retire` waits for it. */
  use<T>(node: Node, call: () => Promise<T>): Promise<T>;
  lose(node: Node, cause: string): void;
  restore(node: Node): void;
  isLost(node: Node): boolean;
  /** Aborted when the node is lost. */
  presence(node: Node): AbortSignal;
  losses(): readonly Loss[];
}

/** `now` is the time that losses are told in. */
export function createRing<Node extends Addressed>(
  nodes: readonly Node[],
  now: () => number,
): Ring<Node> {
  const members = new Set<Node>();
  const calls = new Map<Node, Set<Promise<unknown>>>();
  const lost = new Map<Node, Loss>();
  const presences = new Map<Node, AbortController>();
  const past: Loss[] = [];

  function callsTo(node: Node): Set<Promise<unknown>> {
    const known = calls.get(node) ?? new Set();
    calls.set(node, known);
    return known;
  }

  function presenceOf(node: Node): AbortController {
    const known = presences.get(node) ?? new AbortController();
    presences.set(node, known);
    return known;
  }

  return {
    nodes,
    members: () => [...members],
    admit: (node) => void members.add(node),
    async retire(node) {
      members.delete(node);
      await Promise.allSettled([...callsTo(node)]);
    },
    use(node, call) {
      const running = call();
      const others = callsTo(node);
      others.add(running);
      return running.finally(() => others.delete(running));
    },
    lose(node, cause) {
      if (lost.has(node)) throw new Error(`${node.name} is lost already`);
      lost.set(node, { name: node.name, cause, from: now() });
      presenceOf(node).abort();
    },
    restore(node) {
      const loss = lost.get(node);
      if (!loss) return;
      lost.delete(node);
      presences.delete(node);
      past.push({ ...loss, to: now() });
    },
    isLost: (node) => lost.has(node),
    presence: (node) => presenceOf(node).signal,
    losses: () => [...past, ...lost.values()],
  };
}
