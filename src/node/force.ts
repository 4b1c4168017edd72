/** The operator's last resort: a new ring from the nodes that are left, when a majority of some replicas is gone for good. */
import { fail, ok, type Result } from "../core/errors.ts";
import { type Layout, type Replica, replicasOf } from "../core/layout.ts";
import { fanOutMax, systemSizeMax } from "../core/limits.ts";
import { randomId } from "../core/random.ts";
import type { Log, Random } from "../ports.ts";
import { mapLimited } from "./limited.ts";
import type { Peers } from "./peers.ts";
import type { Ring } from "./ring.ts";

export interface Forced {
  readonly layout: Layout;
  /** Partitions without a living majority: acknowledged writes of theirs may be lost. */
  readonly partitionsInDoubt: readonly number[];
  /** Members that did not answer and have to be removed: the new ring can decide that by itself. */
  readonly missing: readonly string[];
}

export interface Force {
  /** Founds the new ring; every node that is left switches durably before this one does. */
  found(deadName: string): Promise<Result<Forced>>;
  /** Follows into a ring that was founded so. False when the layout does not name this node as a member. */
  follow(layout: Layout): Promise<boolean>;
}

export function createForce(parts: {
  readonly ring: Ring;
  readonly peers: Peers;
  readonly random: Random;
  readonly log: Log;
}): Force {
  const { ring, peers } = parts;

  async function answering(layout: Layout): Promise<readonly string[]> {
    const others = layout.members.filter(({ id }) => id !== ring.memberId());
    const alive = await mapLimited(others, fanOutMax, async (member) => {
      const outcome = await peers.sendDirectly(
        { layout, member },
        { kind: "ping" },
      );
      return outcome.kind === "pong" ? [member.id] : [];
    });
    return [ring.memberId(), ...alive.flat()];
  }

  return {
    async found(deadName) {
      const layout = ring.layout();
      const dead = layout.members.find(({ name }) => name === deadName);
      if (!dead)
        return fail(
          "member_unknown",
          `The ring has no member named ${deadName}.`,
        );
      const alive = await answering(layout);
      if (ring.layout() !== layout)
        return fail(
          "change_in_progress",
          "The layout changed meanwhile; try again.",
        );
      if (alive.includes(dead.id))
        return fail("member_alive", `${deadName} answers, so it is not dead.`);
      const forced = forcedLayout(layout, alive, randomId(parts.random));
      const switched = await mapLimited(
        layout.members.filter(
          ({ id }) => alive.includes(id) && id !== ring.memberId(),
        ),
        fanOutMax,
        async (member) => {
          const request = { kind: "switch", layout: forced.layout } as const;
          const outcome = await peers.sendDirectly({ layout, member }, request);
          return outcome.kind === "done";
        },
      );
      if (switched.includes(false))
        return fail(
          "change_incomplete",
          "A node that is left did not follow into the new ring: try again, it will be taken along or counted as gone.",
        );
      await this.follow(forced.layout);
      parts.log.warn("founded a new ring by force", {
        ringId: forced.layout.ringId,
        partitionsInDoubt: forced.partitionsInDoubt.length,
      });
      return ok(forced);
    },
    follow: (layout) =>
      ring.change((state) => {
        const { stay } = state;
        const isMember = layout.members.some(({ id }) => id === stay.memberId);
        if (!isMember || layout.epoch <= stay.layout.epoch) return undefined;
        const replacedRingId = stay.layout.ringId;
        return { ...state, stay: { ...stay, layout, replacedRingId } };
      }),
  };
}

/**
 * Rows with a living majority stay as they are, so that no quorum shrinks without need and the dead members can be
 * removed by an ordinary change. Other rows keep those that are left; a row without any gets a member that is alive.
 */
export function forcedLayout(
  layout: Layout,
  alive: readonly string[],
  ringId: string,
): Forced {
  const epoch = layout.epoch + 1;
  const partitionsInDoubt: number[] = [];
  const table = layout.table.map((_, partition): readonly Replica[] => {
    // Under a joint layout too every acknowledged change has a majority of the old replicas.
    const row = replicasOf(layout, partition);
    const left = row.filter(({ id }) => alive.includes(id));
    if (left.length * 2 > row.length) return row;
    partitionsInDoubt.push(partition);
    const substitute = alive[partition % alive.length];
    if (left.length > 0 || substitute === undefined) return left;
    return [{ id: substitute, since: epoch }];
  });
  const keeping = new Set(table.flat().map(({ id }) => id));
  const members = layout.members.filter(
    ({ id }) => alive.includes(id) || keeping.has(id),
  );
  const system = layout.members
    .map(({ id }) => id)
    .filter((id) => alive.includes(id))
    .slice(0, systemSizeMax);
  return {
    layout: {
      ringId,
      epoch,
      phase: "stable",
      settings: layout.settings,
      members,
      system,
      table,
    },
    partitionsInDoubt,
    missing: members.map(({ id }) => id).filter((id) => !alive.includes(id)),
  };
}
