/** What the model of a replacement tries: two proposers, the driver, and bounds. */
import type { Conditions } from "../../core/operation.ts";
import { createAnswers, freshNode } from "./node.ts";
import {
  type End,
  layoutsTo,
  nodeIds,
  type Rules,
  soundRules,
} from "./ring.ts";
import type { Actor, Role, State } from "./state.ts";
import type { World } from "./world.ts";

/** What is tried, and how far. */
export interface Setup {
  readonly end: End;
  /** The conditions of the two puts; absent in an unconditional one. */
  readonly conditions: readonly [Conditions?, Conditions?];
  /** Attempts at each put, the first included. */
  readonly attemptsMax: readonly [number, number];
  /** Attempts at the refresh of the key; 0 where nothing is copied because the change is undone. */
  readonly copyAttemptsMax: number;
  /** A broken rule in place of the protocol's: the model must find out. */
  readonly broken?: Partial<Rules>;
}

const create: Conditions = { ifNoneMatch: "*" };

/** Bounds that end within a minute together. Ties of ballots go to the second put. */
export const setups: Readonly<Record<string, Setup>> = {
  "C replaced by D: a create against a put": {
    end: "replaced",
    conditions: [create],
    attemptsMax: [1, 1],
    copyAttemptsMax: 1,
  },
  "C replaced by D: a create tried twice": {
    end: "replaced",
    conditions: [create],
    attemptsMax: [2, 0],
    copyAttemptsMax: 1,
  },
  "the replacement undone: a create tried twice against a put": {
    end: "undone",
    conditions: [create],
    attemptsMax: [2, 1],
    copyAttemptsMax: 0,
  },
};

/** Each breaks one rule of the protocol in the first setup: an acknowledged write is lost. */
export const brokenRules: Readonly<Record<string, Partial<Rules>>> = {
  "no copy": { copies: false },
  "a node that answers messages of older epochs": { answersOlder: true },
  "a joint layout that asks for the new replicas alone": {
    quorumOf: ({ table, next }) => [
      (next?.table ?? table).flat().map(({ id }) => id),
    ],
  },
  "a key listed before the epoch is stored": { listsUnstored: true },
};

/** The setup with at least so many attempts at each put that is made, and at the copy. */
export function widened(
  setup: Setup,
  { attempts, copies }: { readonly attempts: number; readonly copies: number },
): Setup {
  const atLeast = (least: number, count: number) =>
    count === 0 ? 0 : Math.max(least, count);
  const [p, q] = setup.attemptsMax;
  return {
    ...setup,
    attemptsMax: [atLeast(attempts, p), atLeast(attempts, q)],
    copyAttemptsMax: atLeast(copies, setup.copyAttemptsMax),
  };
}

/** The world of a setup, and the state that everything begins in. */
export function prepareSetup(setup: Setup): {
  readonly world: World;
  readonly first: State;
} {
  const { end, copyAttemptsMax } = setup;
  const rules = { ...soundRules, ...setup.broken };
  const layouts = layoutsTo(end);
  const world: World = {
    rules,
    answers: createAnswers(rules),
    layouts,
    quorums: layouts.map(rules.quorumOf),
  };
  const isCopied = copyAttemptsMax > 0;
  const first: State = {
    nodes: nodeIds.map(freshNode),
    actors: rolesOf(setup).map(idle),
    late: [],
    ...(isCopied && { listing: { answered: [], isListed: false } }),
    // An undo needs nothing but the joint layout: it may be decided at any time.
    decided: end === "undone" ? 3 : 2,
    told: [],
  };
  return { world, first };
}

function rolesOf({
  conditions,
  attemptsMax,
  copyAttemptsMax,
}: Setup): readonly Role[] {
  const write = (name: string, who: 0 | 1): Role => {
    const ifs = conditions[who];
    return {
      name,
      kind: "write",
      attemptsMax: attemptsMax[who],
      operation: {
        kind: "put",
        id: name,
        value: Uint8Array.of(name.charCodeAt(0)),
        ...(ifs && { conditions: ifs }),
      },
    };
  };
  const driver: Role = {
    name: "M",
    kind: "driver",
    attemptsMax: copyAttemptsMax,
    operation: { kind: "refresh", expire: false },
  };
  return [
    ...(copyAttemptsMax > 0 ? [driver] : []),
    write("P", 0),
    write("Q", 1),
  ];
}

function idle(role: Role): Actor {
  return { role, attempts: 0, isDone: false, mayRepeat: false, unheard: [] };
}
