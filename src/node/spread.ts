/** Makes every member store the newest layout: those who have not said so are called until they do. */
import { type Layout, type Member, memberOf } from "../core/layout.ts";
import { fanOutMax } from "../core/limits.ts";
import { isReached } from "../core/quorum.ts";
import { mapLimited } from "./limited.ts";
import type { Peers } from "./peers.ts";
import type { Ring } from "./ring.ts";

/** What this process knows of who has stored the node's layout; begun anew with each layout. */
export interface Spread {
  /** Calls those who are not known to have stored the layout; gives the ids of those who still are not. */
  run(): Promise<readonly string[]>;
  /** Whether a majority of `ids` is known to have stored the node's layout. */
  isStoredByMajority(ids: readonly string[]): boolean;
  hasStored(id: string): boolean;
}

/** A member that a layout lets go is called as well: from that it learns that it may leave. */
export function createSpread(parts: {
  readonly ring: Ring;
  readonly peers: Peers;
  /** Whether every member is known to have stored the layout that the node starts with. */
  readonly isSpread: boolean;
}): Spread {
  const { ring, peers } = parts;
  const spreadLayout = parts.isSpread ? ring.layout() : undefined;
  let known:
    | { layout: Layout; storedBy: Set<string>; audience: Member[] }
    | undefined;

  /** What is known about the current layout; starts anew with each. */
  function current() {
    const layout = ring.layout();
    if (known?.layout === layout) return known;
    // Members that the last layout let go learn from this one that they may leave.
    const gone =
      known?.layout.ringId === layout.ringId
        ? known.audience.filter(({ id }) => !memberOf(layout, id))
        : [];
    const storedBy =
      layout === spreadLayout
        ? layout.members.map(({ id }) => id)
        : [ring.memberId()];
    known = {
      layout,
      storedBy: new Set(storedBy),
      audience: [...layout.members, ...gone],
    };
    return known;
  }

  return {
    async run() {
      const { layout, storedBy, audience } = current();
      const missing = audience.filter(({ id }) => !storedBy.has(id));
      await mapLimited(missing, fanOutMax, async (member) => {
        const outcome = await peers.sendDirectly(
          { layout, member },
          { kind: "ping" },
        );
        if (outcome.kind === "pong") storedBy.add(member.id);
      });
      return layout.members
        .map(({ id }) => id)
        .filter((id) => !storedBy.has(id));
    },
    isStoredByMajority: (ids) => isReached([ids], [...current().storedBy]),
    hasStored: (id) => current().storedBy.has(id),
  };
}
