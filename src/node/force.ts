/** The operator's last resort: a new ring from the nodes that are left, when a majority of some replicas is gone for good. */
import { fail, ok, type Result } from "../core/errors.ts";
import { forcedLayout, isServable } from "../core/forced-layout.ts";
import { type Layout, memberOf } from "../core/layout.ts";
import { fanOutMax } from "../core/limits.ts";
import { randomId } from "../core/random.ts";
import type { Log, Random } from "../ports.ts";
import {
  allInDoubt,
  liveForcing,
  withForced,
  withoutForcing,
} from "./force-state.ts";
import { mapLimited } from "./limited.ts";
import type { Peers } from "./peers.ts";
import type { Ring } from "./ring.ts";
import type { Forcing } from "./state.ts";

/** The new ring, and what its operator has to be told. */
export interface Forced {
  readonly layout: Layout;
  /** Partitions without a living majority: acknowledged writes of theirs may be lost. */
  readonly partitionsInDoubt: readonly number[];
  /** Members that did not answer and have to be removed: the new ring can decide that by itself. */
  readonly missing: readonly string[];
}

/** One node begins by an operator's order (`found`), the others `follow`, and each carries it on in its ticks. */
export interface Force {
  /**
   * Founds the new ring; every node that is left switches durably before this one does. A force that was begun is
   * brought to its end first: only if its ring cannot go on with those who answer now, another one is founded from it.
   */
  found(deadName: string): Promise<Result<Forced>>;
  /** Follows into a ring that was founded so. False when this node is no member of it, or when another one comes first. */
  follow(layout: Layout, replacedRingId: string): Promise<boolean>;
  /** Carries a force on that a crash or a silent member interrupted; gives milliseconds until the next step. */
  step(): Promise<number | undefined>;
}

/** What a force works with: no votes, as there may be no majority that could give them. */
export interface ForceParts {
  readonly ring: Ring;
  readonly peers: Peers;
  readonly random: Random;
  readonly log: Log;
}

const retryMsMin = 500;
/** Members that do not answer are called more and more seldom, up to this. */
const retryMsMax = 30_000;

/** A tick keeps away while a call of `found` is under way in this process. */
export function createForce(parts: ForceParts): Force {
  const { ring, peers, log } = parts;
  let callCount = 0;
  /** Who was seen to have followed, and where to. What a restart forgets is asked again, which changes nothing. */
  let carried = { ringId: "", ids: new Set<string>(), delayMs: retryMsMin };

  function carriedOf({ layout: { ringId } }: Forcing): Set<string> {
    if (carried.ringId !== ringId)
      carried = { ringId, ids: new Set(), delayMs: retryMsMin };
    return carried.ids;
  }

  async function answering(layout: Layout): Promise<readonly string[]> {
    const others = layout.members.filter(({ id }) => id !== ring.memberId());
    const alive = await mapLimited(others, fanOutMax, async (member) => {
      const outcome = await peers.sendDirectly(
        { layout, member },
        { kind: "ping" },
      );
      const isAlive = outcome.kind === "pong" || outcome.kind === "stale";
      return isAlive ? [member.id] : [];
    });
    return [ring.memberId(), ...alive.flat()];
  }

  /** Has those of `ids` that are not known to have followed do so; gives those that did not answer, and that refused. */
  async function carry(forcing: Forcing, ids: readonly string[]) {
    const { layout, replacedRingId } = forcing;
    const followers = carriedOf(forcing);
    const refused: string[] = [];
    const isLeft = (id: string) => id !== ring.memberId() && !followers.has(id);
    await mapLimited(ids.filter(isLeft), fanOutMax, async (id) => {
      const member = memberOf(layout, id);
      if (!member) return;
      const outcome = await peers.sendDirectly(
        { layout: { ...layout, ringId: replacedRingId }, member },
        { kind: "switch", layout },
      );
      if (outcome.kind === "done") followers.add(id);
      if (outcome.kind === "error") refused.push(id);
    });
    const silent = ids.filter((id) => isLeft(id) && !refused.includes(id));
    return { refused, silent };
  }

  function follow(layout: Layout, replacedRingId: string): Promise<boolean> {
    return ring.change((state) => withForced(state, layout, replacedRingId));
  }

  /** Who has still to follow, this node included. */
  function membersOf({ layout }: Forcing): readonly string[] {
    const current = ring.layout();
    // Whom the new ring has removed meanwhile it waits for no more.
    const isIn = (id: string) =>
      current.ringId !== layout.ringId || memberOf(current, id) !== undefined;
    return layout.members.map(({ id }) => id).filter(isIn);
  }

  /** Has those members follow, then this node. Absent when it is there. */
  async function switchAll(
    forcing: Forcing,
    ids: readonly string[],
    { isRepeated }: { readonly isRepeated: boolean },
  ) {
    const { layout, replacedRingId } = forcing;
    const { refused, silent } = await carry(forcing, ids);
    const isHere = () => ring.layout().ringId === layout.ringId;
    if (!isHere() && refused.length > 0)
      return fail(
        "change_incomplete",
        `${namesOf(layout, refused)} will not follow into the new ring, for another force came first there, or a newer layout: see GET /dht/status of each node.`,
      );
    if (!isHere() && silent.length > 0 && !isRepeated)
      return fail(
        "change_incomplete",
        `${namesOf(layout, silent)} answered, but did not follow into the new ring. It is taken along as soon as it answers again; force once more to go on without it.`,
      );
    await follow(layout, replacedRingId);
    return isHere()
      ? undefined
      : fail(
          "change_in_progress",
          "Another node's force came first: see which ring this node is in now.",
        );
  }

  /** The new ring's first layout, stored: from here on no other one is founded in this ring's place. */
  async function begin(
    layout: Layout,
    alive: readonly string[],
    begun: Forcing | undefined,
  ): Promise<Forcing | undefined> {
    const forced = forcedLayout(layout, alive, randomId(parts.random));
    const forcing: Forcing = {
      replacedRingId: layout.ringId,
      layout: forced,
      partitionsInDoubt: allInDoubt(begun, layout, forced),
    };
    const isStored = await ring.change((state) => {
      const isSame =
        state.stay.layout === layout &&
        liveForcing(state)?.layout.ringId === begun?.layout.ringId;
      return isSame ? { ...state, forcing } : undefined;
    });
    return isStored ? forcing : undefined;
  }

  /** One try of a tick; true when somebody has still to follow. */
  async function carryOn(forcing: Forcing): Promise<boolean> {
    const { refused, silent } = await carry(forcing, membersOf(forcing));
    // Once somebody has followed there is no way back: who is silent follows later, or is removed.
    const isDecided = carriedOf(forcing).size > 0 || silent.length === 0;
    if (isDecided && refused.length === 0)
      await follow(forcing.layout, forcing.replacedRingId);
    return refused.length > 0 || silent.length > 0;
  }

  async function found(deadName: string): Promise<Result<Forced>> {
    const begun = liveForcing(ring.state());
    if (begun) {
      // Asked for again, it waits no longer for who is silent: the new ring counts them as dead.
      const ids = membersOf(begun);
      const error = await switchAll(begun, ids, { isRepeated: true });
      if (error) return error;
    }
    const layout = ring.layout();
    const alive = await answering(layout);
    if (begun && isServable(layout, alive))
      return ok(forcedOf(ring.layout(), alive, begun));
    const dead = layout.members.find(({ name }) => name === deadName);
    if (!dead && !begun)
      return fail("member_unknown", `No member is named ${deadName}.`);
    if (dead && alive.includes(dead.id))
      return fail("member_alive", `${deadName} answers, so it is not dead.`);
    const forcing = await begin(layout, alive, begun);
    if (!forcing)
      return fail("change_in_progress", "The layout changed; try again.");
    const error = await switchAll(forcing, alive, { isRepeated: false });
    if (error) return error;
    log.warn("founded a new ring by force", {
      ringId: forcing.layout.ringId,
      partitionsInDoubt: forcing.partitionsInDoubt.length,
    });
    return ok(forcedOf(forcing.layout, alive, forcing));
  }

  return {
    async found(deadName) {
      callCount++;
      try {
        return await found(deadName);
      } finally {
        callCount--;
      }
    },
    async follow(layout, replacedRingId) {
      const hasFollowed = await follow(layout, replacedRingId);
      return hasFollowed || ring.layout().ringId === layout.ringId;
    },
    async step() {
      const { forcing } = ring.state();
      if (!forcing) return undefined;
      if (callCount > 0) return retryMsMin;
      const isLeft = liveForcing(ring.state()) && (await carryOn(forcing));
      if (isLeft) {
        carried.delayMs = Math.min(2 * carried.delayMs, retryMsMax);
        return carried.delayMs;
      }
      await ring.change((state) => withoutForcing(state, forcing));
      return undefined;
    },
  };
}

function forcedOf(
  layout: Layout,
  alive: readonly string[],
  { partitionsInDoubt }: Forcing,
): Forced {
  const ids = layout.members.map(({ id }) => id);
  const missing = ids.filter((id) => !alive.includes(id));
  return { layout, partitionsInDoubt, missing };
}

function namesOf(layout: Layout, ids: readonly string[]): string {
  return ids.map((id) => memberOf(layout, id)?.name ?? id).join(", ");
}
