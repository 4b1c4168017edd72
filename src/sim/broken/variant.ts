/** A variant of ringwalk with one rule broken: which, where that matters, and how it is looked for. */
import type { Plan } from "../plan.ts";

/** What `--broken` runs in the place of the real code. */
export interface Variant {
  /** What it breaks, in one sentence. */
  readonly story: string;
  /** The modules that are replaced, by their paths under `src`, and their wrappers here. */
  readonly replaces: Readonly<Record<string, string>>;
  /** What is not left to the seed: where the broken rule matters. */
  readonly scenario: Partial<Plan>;
  /** The first and the last seed that it is tried with. */
  readonly seeds: readonly [first: number, last: number];
  /** Present where its own seeds may miss it: why, and what was tried. */
  readonly rare?: string;
}
