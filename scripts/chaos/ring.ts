/** The nodes of a run as clients and faults see them: who is a member, and who is lost at the moment. */
import type { NodeProcess } from "./node-process.ts";

/** A time in which a node was taken away: dead until it serves again, paused, or on the smaller side of a split. */
export interface Loss {
  readonly name: string;
  readonly cause: string;
  readonly from: number;
  /** Absent while it lasts. */
  readonly to?: number;
}

export interface Ring {
  readonly nodes: readonly NodeProcess[];
  /** Those that clients may call: the members. */
  members(): readonly NodeProcess[];
  admit(node: NodeProcess): void;
  /** No client calls it any more; resolves when none waits for it either. */
  retire(node: NodeProcess): Promise<void>;
  /** Runs a client's call to a member, so that `retire` waits for it. */
  use<T>(node: NodeProcess, call: () => Promise<T>): Promise<T>;
  lose(node: NodeProcess, cause: string): void;
  restore(node: NodeProcess): void;
  isLost(node: NodeProcess): boolean;
  /** Aborted when the node is lost. */
  presence(node: NodeProcess): AbortSignal;
  losses(): readonly Loss[];
}

/** `now` is the time that losses are told in. */
export function createRing(
  nodes: readonly NodeProcess[],
  now: () => number,
): Ring {
  const members = new Set<NodeProcess>();
  const calls = new Map<NodeProcess, Set<Promise<unknown>>>();
  const lost = new Map<NodeProcess, Loss>();
  const presences = new Map<NodeProcess, AbortController>();
  const past: Loss[] = [];

  function callsTo(node: NodeProcess): Set<Promise<unknown>> {
    const known = calls.get(node) ?? new Set();
    calls.set(node, known);
    return known;
  }

  function presenceOf(node: NodeProcess): AbortController {
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
