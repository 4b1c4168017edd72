/** What the model tries: two proposers, who drives a replacement or rebuilds a record, and bounds. */
import type { Conditions } from "../../core/operation.ts";
import { stepChange as stepWithoutAccept } from "../broken/condition-failed-unaccepted.ts";
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
  /** Whose record is damaged once, at any time, and the attempts to rebuild it; absent when none is damaged. */
  readonly damage?: { readonly id: string; readonly attemptsMax: number };
  /** A broken rule in place of the protocol's: the model must find out. */
  readonly broken?: Partial<Rules>;
}

const create: Conditions = { ifNoneMatch: "*" };

const replacement: Setup = {
  end: "replaced",
  conditions: [create],
  attemptsMax: [1, 1],
  copyAttemptsMax: 1,
};

const renewal: Setup = {
  end: "renewed",
  conditions: [create],
  attemptsMax: [1, 1],
  copyAttemptsMax: 0,
};

const rebuilding: Setup = {
  ...renewal,
  damage: { id: "C", attemptsMax: 1 },
};

/** Bounds that end within a minute together. Ties of ballots go to the second put. */
export const setups: Readonly<Record<string, Setup>> = {
  "C replaced by D: a create against a put": replacement,
  "C replaced by D: a create tried twice": {
    ...replacement,
    attemptsMax: [2, 0],
  },
  "the replacement undone: a create tried twice against a put": {
    end: "undone",
    conditions: [create],
    attemptsMax: [2, 1],
    copyAttemptsMax: 0,
  },
  "C's record damaged and rebuilt: a create tried twice against a put": {
    ...rebuilding,
    attemptsMax: [2, 1],
  },
  "C replaced by D while A's record is damaged: a create": {
    ...replacement,
    attemptsMax: [1, 0],
    damage: { id: "A", attemptsMax: 1 },
  },
  "C replaced by D while D's record is damaged: a create": {
    ...replacement,
    attemptsMax: [1, 0],
    damage: { id: "D", attemptsMax: 1 },
  },
};

/** Each takes minutes, and 3 GB of memory. */
export const wideSetups: Readonly<Record<string, Setup>> = {
  "C replaced by D while A's record is damaged: a create against a put": {
    ...replacement,
    damage: { id: "A", attemptsMax: 1 },
  },
  "C replaced by D while D's record is damaged: a create against a put": {
    ...replacement,
    damage: { id: "D", attemptsMax: 1 },
  },
};

/** Each breaks one rule of the protocol: an acknowledged write is lost. */
export const brokenSetups: Readonly<Record<string, Setup>> = {
  "no copy": { ...replacement, broken: { copies: false } },
  "a node that answers messages of older epochs": {
    ...replacement,
    broken: { answersOlder: true },
  },
  "a joint layout that asks for the new replicas alone": {
    ...replacement,
    broken: {
      quorumOf: ({ table, next }) => [
        (next?.table ?? table).flat().map(({ id }) => id),
      ],
    },
  },
  "a key listed before the epoch is stored": {
    ...replacement,
    broken: { listsUnstored: true },
  },
  "a damaged record taken for none": {
    ...rebuilding,
    broken: { readsDamagedAsAbsent: true },
  },
  "a record rebuilt in the epoch whose promises it forgot": {
    ...rebuilding,
    broken: { rebuildsAtOnce: true },
  },
  "an acceptor that forgets at a restart what it promised": {
    ...rebuilding,
    conditions: [create, create],
    broken: { forgetsPromises: true },
  },
  "a failed condition that is answered without an accept": {
    ...renewal,
    broken: { stepChange: stepWithoutAccept },
  },
};

/** The setup with at least so many attempts at each put that is made, and at the copy or the rebuilding. */
export function widened(
  setup: Setup,
  { attempts, copies }: { readonly attempts: number; readonly copies: number },
): Setup {
  const atLeast = (least: number, count: number) =>
    count === 0 ? 0 : Math.max(least, count);
  const { damage } = setup;
  const [p, q] = setup.attemptsMax;
  return {
    ...setup,
    attemptsMax: [atLeast(attempts, p), atLeast(attempts, q)],
    copyAttemptsMax: atLeast(copies, setup.copyAttemptsMax),
    ...(damage && {
      damage: { ...damage, attemptsMax: Math.max(copies, damage.attemptsMax) },
    }),
  };
}

/** The world of a setup, and the state that everything begins in. */
export function prepareSetup(setup: Setup): {
  readonly world: World;
  readonly first: State;
} {
  const { end, copyAttemptsMax, damage } = setup;
  const rules = { ...soundRules, ...setup.broken };
  const layouts = layoutsTo(end);
  const world: World = {
    rules,
    answers: createAnswers(rules),
    layouts,
    quorums: layouts.map(rules.quorumOf),
    ...(damage && { damagedId: damage.id }),
  };
  const isCopied = copyAttemptsMax > 0;
  const first: State = {
    nodes: nodeIds.map(freshNode),
    actors: rolesOf(setup).map(idle),
    late: [],
    ...(isCopied && { listing: { answered: [], isListed: false } }),
    mayRot: damage !== undefined,
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
  damage,
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
  const refresh = { kind: "refresh", expire: false } as const;
  const driver: Role = {
    name: "M",
    kind: "driver",
    attemptsMax: copyAttemptsMax,
    operation: refresh,
  };
  const rebuilder: Role = {
    name: "N",
    kind: "rebuild",
    attemptsMax: damage?.attemptsMax ?? 0,
    operation: refresh,
  };
  return [
    ...(copyAttemptsMax > 0 ? [driver] : []),
    ...(damage ? [rebuilder] : []),
    write("P", 0),
    write("Q", 1),
  ];
}

function idle(role: Role): Actor {
  return { role, attempts: 0, isDone: false, mayRepeat: false, unheard: [] };
}
