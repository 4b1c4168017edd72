/** Decides layouts: layout e+1 is a change of the register `layout/<e+1>` with f = "keep what is there, else mine". */
import { ballotZero, epochStart } from "../core/ballot.ts";
import { type Layout, systemQuorumOf } from "../core/layout.ts";
import { decodeLayout, encodeLayout } from "../core/layout-codec.ts";
import { retryDelayMsMax } from "../core/limits.ts";
import { registerEmpty } from "../core/register.ts";
import type { Clock, Random, Store } from "../ports.ts";
import { attemptChange } from "./attempt.ts";
import type { Ballots } from "./ballots.ts";
import { createDeadline } from "./deadline.ts";
import { epochOfLayoutKey, layoutKey, ofRing } from "./layout-register.ts";
import { registerOf } from "./place.ts";
import type { Ring } from "./ring.ts";
import { systemBucket } from "./state.ts";
import type { Voters } from "./voters.ts";

/** How members agree on the next layout: one for each epoch, whoever proposes. */
export interface Decision {
  /**
   * Gets the layout behind `base` decided, and stores it: `proposal`, or another that was decided first. Undecided when
   * no majority of the system could be had in time, or the node is past `base` already.
   */
  decide(base: Layout, proposal: Layout): Promise<Decided | Undecided>;
  /** Whether this node holds a proposal for the next epoch, decided or not. */
  hasFound(): Promise<boolean>;
  /** Gets the proposal that this node holds decided, if there is one. */
  finishFound(): Promise<void>;
  /** Deletes the registers of layouts that are stored. */
  clean(): Promise<void>;
}

/** The layout is decided, and stored here. */
export interface Decided {
  readonly isDecided: true;
  readonly layout: Layout;
  /** Whether it is the proposal. */
  readonly isMine: boolean;
}

/** The call has learned of no decision. */
export interface Undecided {
  readonly isDecided: false;
  /** Whether some member may hold the proposal: then a tick finishes it when a majority answers. */
  readonly mayBeDecided: boolean;
}

/** Who votes, and where this node's own votes on layouts are stored. */
export interface DecisionParts {
  readonly ring: Ring;
  readonly store: Store;
  readonly voters: Voters;
  readonly ballots: Ballots;
  readonly clock: Clock;
  readonly random: Random;
  /** For all attempts of one `decide`. */
  readonly timeoutMs: number;
}

/** Any member may get a layout decided; the votes are those of the base's system (docs/PROTOCOL.md). */
export function createDecision(parts: DecisionParts): Decision {
  const { ring, store, voters, ballots, clock, random } = parts;

  async function decideValue(
    base: Layout,
    value: Uint8Array,
  ): Promise<Decided | Undecided> {
    let mayBeDecided = false;
    const deadline = createDeadline(clock, parts.timeoutMs);
    try {
      while (!deadline.isOver() && ring.layout() === base) {
        const outcome = await attemptChange(
          {
            voters,
            layout: base,
            address: { area: "system", key: layoutKey(base.epoch + 1) },
            observe: ballots.observe,
            signal: deadline.signal,
          },
          {
            quorum: systemQuorumOf(base),
            operation: { kind: "propose", value },
            ballot: ballots.next(base.epoch),
            now: clock.now(),
            floor: epochStart(base.epoch),
            after: ballotZero,
            mayRepeat: false,
          },
        );
        if (outcome.kind === "committed")
          return adoptDecided(outcome.entry.value, value);
        if (outcome.kind === "lost") mayBeDecided ||= outcome.mayTakeEffect;
        await deadline.sleep(retryDelayMsMax * random.fraction());
      }
      return { isDecided: false, mayBeDecided };
    } finally {
      deadline.cancel();
    }
  }

  async function adoptDecided(
    value: Uint8Array | null,
    proposed: Uint8Array,
  ): Promise<Decided> {
    const layout = value ? decodeLayout(value) : undefined;
    if (!value || !layout) throw new Error("a decided layout cannot be read");
    await ring.adopt(layout);
    return { isDecided: true, layout, isMine: isEqual(value, proposed) };
  }

  /** The next epoch's proposal that was accepted here; absent when there is none, or it cannot be read. */
  async function foundProposal(base: Layout): Promise<Uint8Array | undefined> {
    if (!base.system.includes(ring.memberId())) return undefined;
    const key = layoutKey(base.epoch + 1);
    const stored = await store.read(systemBucket(ring.space()), key);
    const register = registerOf(stored, 0) ?? registerEmpty;
    return ofRing(register, base.ringId).entry?.value ?? undefined;
  }

  return {
    hasFound: async () => (await foundProposal(ring.layout())) !== undefined,
    decide: (base, proposal) => decideValue(base, encodeLayout(proposal)),
    async finishFound() {
      const base = ring.layout();
      const value = await foundProposal(base);
      if (value) await decideValue(base, value);
    },
    async clean() {
      const bucket = systemBucket(ring.space());
      const page = await store.scan(bucket, { limit: 64, bytesMax: 1 << 24 });
      // Judged when it is deleted: a register that no vote can reach any more, however long the scan took.
      for (const { key } of page.records)
        if (key !== undefined && epochOfLayoutKey(key) <= ring.layout().epoch)
          await store.update(bucket, key, () => ({ write: null, result: 0 }));
    },
  };
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
