/** The ring that a client talks to: the first that it met. Answers of nodes in other rings are not used. */
import type { NodeAnswer } from "./call.ts";
import { errorOfAnswer } from "./problem.ts";

/** Names the ring in requests, which another ring's node refuses, and in answers. */
export const ringHeader = "ringwalk-ring";

/** A node that is in another ring than the client. */
export interface Stray {
  readonly ringId: string;
  /** The ring that the node left to found its own; absent when that is not how it came to it. */
  readonly leftRingId?: string;
}

/** Whose an answer is; `unsure`: the node changed its ring meanwhile, and its answer may be of either. */
type Origin =
  | { readonly kind: "ours" }
  | { readonly kind: "unsure" }
  | ({ readonly kind: "stray" } & Stray);

/** Which ring a client's requests are for, and whether an answer is of that ring. */
export interface RingPin {
  /** The ring to name in a request; absent until one was met. */
  wanted(): string | undefined;
  /** `wanted` is the ring that the request named. The first answer of all decides which ring it is. */
  originOf(answer: NodeAnswer, wanted: string | undefined): Origin;
  /** Takes this ring for the client's from now on, unless it has changed since it was `wanted`. */
  follow(ringId: string, wanted: string | undefined): void;
  /** The client has no node left: the next one makes the ring. */
  forget(): void;
}

const ours: Origin = { kind: "ours" };

/** The pin of a client that has talked to no ring yet. */
export function createRingPin(): RingPin {
  let pinned: string | undefined;

  function follow(ringId: string, wanted: string | undefined): void {
    if (pinned === wanted) pinned = ringId;
  }

  return {
    wanted: () => pinned,
    originOf(answer, wanted) {
      const ringId = answer.headers.get(ringHeader);
      const left = refusalOf(answer);
      if (ringId === null)
        // Not every refusal comes from where the ring is known.
        return wanted === undefined || answer.status >= 400
          ? ours
          : { kind: "unsure" };
      if (left) return { kind: "stray", ringId, ...left };
      // Who serves a request for another ring than its own says that the one went on in the other.
      if (ringId !== wanted) follow(ringId, wanted);
      return ringId === pinned ? ours : { kind: "stray", ringId };
    },
    follow,
    forget() {
      pinned = undefined;
    },
  };
}

/** What `wrong_ring` tells; absent for every other answer. */
function refusalOf(answer: NodeAnswer): Omit<Stray, "ringId"> | undefined {
  if (answer.status !== 421) return undefined;
  const { leftRingId } = errorOfAnswer(answer).details;
  return typeof leftRingId === "string" ? { leftRingId } : {};
}
