/** How a member is, in words: what the asked node knows of it, and what it says itself. */
import type { MemberStatus } from "../client/status.ts";
import { type RingData, vitalsOf } from "./ring-data.ts";

/** Shown as a sign, a word and a sentence, so that nobody depends on colours. */
export interface Health {
  readonly kind: "good" | "warn" | "bad" | "moving";
  /** One or two words. */
  readonly label: string;
  /** A sentence, with the next step where there is one; absent when all is well. */
  readonly detail?: string;
}

/** What is bad comes first, then that the member joins or leaves, then what is a warning only. */
export function healthOf(ring: RingData, member: MemberStatus): Health {
  const { name, health } = member;
  const vitals = vitalsOf(ring, name);
  if (health === "suspected")
    return {
      kind: "bad",
      label: "down",
      detail:
        "It does not answer. Start it again; if it is gone for good, remove it.",
    };
  if (health === "displaced")
    return {
      kind: "bad",
      label: "displaced",
      detail:
        "Another node answers at its url: it lost its data, or went to another ring. Replace it, or remove it.",
    };
  const failure = member.isSelf ? ring.storeFailure : undefined;
  if (
    failure ||
    health === "store-failing" ||
    vitals?.problem === "store_failed"
  )
    return {
      kind: "bad",
      label: "store fails",
      detail:
        failure?.message ?? "Its store fails: look at its log and its disk.",
    };
  if (member.isSelf && ring.activity === "removed")
    return {
      kind: "bad",
      label: "removed",
      detail:
        "Its ring has removed it, and it serves nothing: let it join again.",
    };
  if (ring.joining.includes(name)) return { kind: "moving", label: "joining" };
  if (ring.leaving.includes(name)) return { kind: "moving", label: "leaving" };
  if (vitals?.problem === "no_quorum")
    return {
      kind: "warn",
      label: "cut off",
      detail: "Most members do not answer it.",
    };
  if (vitals?.problem !== undefined)
    return { kind: "warn", label: vitals.problem.replaceAll("_", " ") };
  return { kind: "good", label: "up" };
}
