/** Layouts for tests: small rings, made by the changes that make real ones. */
import fc from "fast-check";
import {
  changingPartitions,
  type Layout,
  type Member,
  type Settings,
} from "../../src/core/layout.ts";
import {
  foundingLayout,
  jointLayout,
  type LayoutChange,
  stableLayout,
  undoneLayout,
} from "../../src/core/layout-change.ts";

/** A member whose name and url follow from its id. */
export function memberOf(id: string, more: Partial<Member> = {}): Member {
  return {
    id,
    name: `node-${id}`,
    url: `http://${id}.example`,
    weight: 1,
    guarantee: "durable",
    versions: [1, 1],
    ...more,
  };
}

/** Few partitions, so that a test sees each. */
export const smallSettings: Settings = {
  consistency: "linearizable",
  partitionCount: 12,
  replicaCount: 3,
  hashSeed: { low: 1, high: 2 },
  valueBytesMax: 1024,
};

/** A ring of one member, `a`. */
export function founded(
  settings: Partial<Settings> = {},
  member = memberOf("a"),
): Layout {
  return foundingLayout("ring-1", member, { ...smallSettings, ...settings });
}

/** The joint layout that begins the change. Throws when the change is refused. */
export function begun(layout: Layout, change: LayoutChange): Layout {
  const joint = jointLayout(layout, change);
  if (!joint.ok) throw new Error(joint.error.code);
  return joint.value;
}

/** The stable layout after the whole change, every partition copied. */
export function changed(layout: Layout, change: LayoutChange): Layout {
  return stableLayout(begun(layout, change), () => true);
}

/** A stable ring of these members, who joined in turn. */
export function ringOf(
  ids: readonly string[],
  settings: Partial<Settings> = {},
): Layout {
  const [first = "a", ...others] = ids;
  return others.reduce(
    (layout, id) => changed(layout, { kind: "join", member: memberOf(id) }),
    founded(settings, memberOf(first)),
  );
}

/** How one step of a ring's life goes: what is tried, and how it ends. */
const step = fc.record({
  kind: fc.constantFrom(
    "join",
    "join",
    "leave",
    "replace",
    "replica-count",
    "rebalance",
    "update",
  ),
  pick: fc.nat(),
  end: fc.constantFrom("stable", "stable", "partly", "undone", "joint"),
  weight: fc.constantFrom(1, 1, 1, 0.5, 3),
  zone: fc.option(fc.constantFrom("z1", "z2"), { nil: undefined }),
  guarantee: fc.constantFrom("durable", "durable", "volatile" as const),
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function changeOf(
  layout: Layout,
  { kind, pick, weight, zone, guarantee }: Step,
): LayoutChange {
  const target = layout.members[pick % layout.members.length] ?? memberOf("a");
  const fresh = memberOf(`m${layout.epoch}`, {
    weight,
    guarantee,
    ...(zone !== undefined && { zone }),
  });
  switch (kind) {
    case "leave":
      return { kind, id: target.id };
    case "replace":
      return { kind, id: target.id, member: { ...fresh, name: target.name } };
    case "replica-count":
      return { kind, replicaCount: 1 + (pick % 4) };
    case "update":
      return {
        kind,
        member: { ...target, url: `http://moved-${layout.epoch}.example` },
      };
    case "rebalance":
      return { kind };
    default:
      return { kind: "join", member: fresh };
  }
}

/** Each pair of neighbours in a ring's chain of layouts: what a change made of the one before. */
export interface Transition {
  readonly before: Layout;
  readonly change: LayoutChange;
  readonly joint: Layout;
  readonly after: Layout;
  /** The partitions that were copied when it became stable; absent after an undo. */
  readonly done?: ReadonlySet<number>;
}

/** The lives of rings of up to a dozen changes, some of them undone or finished in part. */
export const transitions: fc.Arbitrary<readonly Transition[]> = fc
  .tuple(
    fc.integer({ min: 1, max: 4 }),
    fc.array(step, { minLength: 1, maxLength: 12 }),
  )
  .map(([replicaCount, steps]) => {
    let layout = founded({ replicaCount });
    const chain: Transition[] = [];
    for (const one of steps) {
      const change = changeOf(layout, one);
      const joint = jointLayout(layout, change);
      if (!joint.ok) continue;
      const copied = changingPartitions(joint.value).filter(
        (partition) => one.end !== "partly" || (partition + one.pick) % 2 === 0,
      );
      const done = new Set(copied);
      const after =
        one.end === "undone"
          ? undoneLayout(joint.value)
          : stableLayout(joint.value, (partition) => done.has(partition));
      chain.push({
        before: layout,
        change,
        joint: joint.value,
        after,
        ...(one.end !== "undone" && { done }),
      });
      layout = after;
    }
    return chain;
  });

/** Any layout of such a life, joint ones too. */
export const anyLayout: fc.Arbitrary<Layout> = fc
  .tuple(transitions, fc.nat(), fc.boolean())
  .map(([chain, pick, isJoint]) => {
    const transition = chain[pick % Math.max(1, chain.length)];
    if (!transition) return founded();
    return isJoint ? transition.joint : transition.after;
  });

/** A dozen of them, stable and joint: where a test is about something else, making a new one each time is too slow. */
export const someLayouts: fc.Arbitrary<Layout> = fc.constantFrom(
  ...fc.sample(anyLayout, { seed: 20_261_121, numRuns: 12 }),
);
