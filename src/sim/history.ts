/** The recorded history: what clients asked of each key, when, and what they were told. Checkers read nothing else. */

/**
 * One attempt of one client. Attempts with the same id and key (a repeated Idempotency-Key) are one logical operation:
 * it takes place at most once, whichever attempt brings it about.
 */
export interface Operation {
  readonly id: string;
  readonly client: string;
  readonly key: string;
  /** When the client sent it, on one time axis for all clients. */
  readonly call: number;
  /** When the client had its answer, on the same axis; absent when it never had one. */
  readonly return?: number;
  readonly input: Input;
  readonly outcome: Outcome;
}

/** Values are short strings, or digests of long ones. Revisions (ETags) are opaque. */
export type Input =
  | { readonly kind: "get" }
  /** A read that may be stale; only `eventualReads` judges it. */
  | { readonly kind: "eventual-get" }
  | Write;

/** What changes the key if it takes place. */
export type Write =
  | Put
  | { readonly kind: "delete"; readonly conditions?: Conditions }
  | Increment
  | ({ readonly kind: "touch"; readonly conditions?: Conditions } & Expiry);

interface Put extends Expiry {
  readonly kind: "put";
  readonly value: string;
  readonly conditions?: Conditions;
}

/** Adds to the number whose JSON text the value is; its expiry is that of a key that it creates. */
interface Increment extends Expiry {
  readonly kind: "increment";
  readonly by: number;
  readonly min?: number;
  readonly max?: number;
  readonly conditions?: Conditions;
}

/** The end of a value, on the history's time axis: between the two moments both answers are right. */
export interface Expiry {
  /** From here on the value may turn absent, once and for good; absent means that it stays. */
  readonly expiresNotBefore?: number;
  /** An operation called later than this no longer finds the value; absent means that no such moment is known. */
  readonly expiresNotAfter?: number;
}

/** HTTP preconditions (RFC 9110, section 13.1): `*` is "any value", a list holds revisions. */
export interface Conditions {
  readonly ifMatch?: "*" | readonly string[];
  readonly ifNoneMatch?: "*" | readonly string[];
}

/** How an attempt ended, as far as its client knows. */
export type Outcome =
  /** A get's answer: what was there. */
  | {
      readonly kind: "value";
      readonly value: string;
      readonly revision?: string;
    }
  /** A get's answer: nothing was there. */
  | { readonly kind: "absent" }
  /**
   * The write took place; the delete of an absent key too. `created`: it found nothing there. `revision`: the one that
   * it gave, or that a touch kept. `value`: what an increment left.
   */
  | {
      readonly kind: "applied";
      readonly revision?: string;
      readonly created?: boolean;
      readonly value?: string;
    }
  /** A precondition did not hold (412). `current` is the revision that was there, null when nothing was; absent when not told. */
  | { readonly kind: "condition-failed"; readonly current?: string | null }
  /** Not applied because of what was there; `value` is the number that an increment found. */
  | {
      readonly kind: "refused";
      readonly reason: Refusal;
      readonly value?: string;
    }
  /** Certainly not applied (503 `no_quorum`). */
  | { readonly kind: "failed" }
  /** No answer, or 504: it takes place at any later time, or never. */
  | { readonly kind: "unknown" };

/** The node's codes `not_a_number`, `out_of_bounds` and `no_such_key`. */
export type Refusal = "not-a-number" | "out-of-bounds" | "no-such-key";

/** Tells how an operation ended; call it once, or never when no answer comes. */
type Finish = (outcome: Outcome) => void;

/** Takes down what clients do, as they do it: `begin` when one sends, what it returns when the answer is there. */
export interface HistoryRecorder {
  begin(operation: Pick<Operation, "id" | "client" | "key" | "input">): Finish;
  /** Everything begun so far in the order of the calls; what has not ended has the outcome `unknown`. */
  operations(): readonly Operation[];
}

/** The least distance between two events, so that what a client saw in order is recorded in order. */
const stepMin = 2 ** -20;

/**
 * Records operations as they happen. Positions are `now()`, moved up by a hair where the clock has not advanced, so
 * that no two are the same; `now` must not run backwards (the simulator's true time, or a monotonic clock).
 */
export function createHistoryRecorder(now: () => number): HistoryRecorder {
  const recorded: Operation[] = [];
  let last = Number.MIN_SAFE_INTEGER;

  function position(): number {
    // Far from zero, numbers are further apart than the usual step.
    const step = Math.max(stepMin, Math.abs(last) * Number.EPSILON);
    last = Math.max(now(), last + step);
    return last;
  }

  return {
    begin(begun) {
      const index = recorded.length;
      const call = position();
      const pending: Operation = {
        ...begun,
        call,
        outcome: { kind: "unknown" },
      };
      recorded.push(pending);
      return (outcome) => {
        if (recorded[index] !== pending)
          throw new Error(`operation ${begun.id} has ended already`);
        recorded[index] = { ...pending, return: position(), outcome };
      };
    },
    operations: () => [...recorded],
  };
}

/** The operations of each key in the order of the history; keys in the order in which they first appear. */
export function byKey(
  operations: readonly Operation[],
): ReadonlyMap<string, readonly Operation[]> {
  return Map.groupBy(operations, ({ key }) => key);
}

/** Whether the operation only looks: a get of either kind, or a write that changed nothing because of what it found. */
export function isObserver({ input, outcome }: Operation): boolean {
  return !isWrite(input) || isRefusal(outcome);
}

/** Whether it changes the key if it takes place. */
export function isWrite(input: Input): input is Write {
  return input.kind !== "get" && input.kind !== "eventual-get";
}

/** Whether it leaves another value, and so a revision of its own. */
export function givesRevision(
  input: Input,
): input is Extract<Write, { kind: "put" | "increment" }> {
  return input.kind === "put" || input.kind === "increment";
}

/** Whether a write was told that it changed nothing because of what was there. */
export function isRefusal({ kind }: Outcome): boolean {
  return kind === "condition-failed" || kind === "refused";
}

/** The preconditions of a write; a get has none. */
export function conditionsOf(input: Input): Conditions {
  return isWrite(input) ? (input.conditions ?? {}) : {};
}

/** One line for people: `put b if-match r1 -> applied r2`. */
export function describeOperation({ input, outcome }: Operation): string {
  return `${describeInput(input)} -> ${describeOutcome(outcome)}`;
}

function describeInput(input: Input): string {
  if (!isWrite(input)) return input.kind;
  const words: string[] = [input.kind];
  if (input.kind === "put") words.push(input.value);
  if (input.kind === "increment") {
    const { by, min, max } = input;
    words.push(`${by}`);
    if (min !== undefined) words.push(`>=${min}`);
    if (max !== undefined) words.push(`<=${max}`);
  }
  const { ifMatch, ifNoneMatch } = input.conditions ?? {};
  if (ifMatch !== undefined) words.push("if-match", listed(ifMatch));
  if (ifNoneMatch !== undefined)
    words.push("if-none-match", listed(ifNoneMatch));
  if (input.kind !== "delete" && input.expiresNotBefore !== undefined)
    words.push(`expires>=${Number(input.expiresNotBefore.toFixed(3))}`);
  return words.join(" ");
}

function listed(revisions: "*" | readonly string[]): string {
  return revisions === "*" ? "*" : revisions.join(",");
}

function describeOutcome(outcome: Outcome): string {
  switch (outcome.kind) {
    case "value":
      return [outcome.value, outcome.revision].filter(Boolean).join(" ");
    case "applied":
      return ["ok", outcome.value, outcome.revision, createdWord(outcome)]
        .filter(Boolean)
        .join(" ");
    case "condition-failed":
      return "412";
    case "refused":
      return [outcome.reason, outcome.value].filter(Boolean).join(" ");
    default:
      return outcome.kind;
  }
}

function createdWord({ created }: { readonly created?: boolean }) {
  return created && "created";
}
