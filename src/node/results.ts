/** How changes and reads of registers end at their coordinator. */
import type { Ballot } from "../core/ballot.ts";
import type { Entry } from "../core/entry.ts";
import type { Answer } from "../core/operation.ts";
import type { ShortageReason } from "./shortage.ts";

/** Nothing was applied, and nothing will be. */
export interface NoQuorum {
  readonly kind: "no-quorum";
  /** Present when this node itself is to blame. */
  readonly reason?: ShortageReason;
}

/** It may have been applied, or may yet be: another attempt finds out. */
export interface Unknown {
  readonly kind: "unknown";
  /** Present when this node itself is to blame. */
  readonly reason?: ShortageReason;
}

/** How a change ended. */
export type ChangeResult =
  | {
      readonly kind: "committed";
      readonly ballot: Ballot;
      readonly entry: Entry;
      readonly answer: Answer;
    }
  /** This node may not begin it: it is no replica of the key. Nothing was executed. */
  | { readonly kind: "not-replica" }
  | NoQuorum
  | Unknown
  /** It may have been applied, and the key has forgotten it: no attempt can find out. */
  | { readonly kind: "forgotten" };

/** How a read ended. `absent`: no value, a tombstone, or one whose time is over. */
export type ReadResult =
  | { readonly kind: "found"; readonly entry: Entry }
  | { readonly kind: "absent" }
  | NoQuorum;
