/** Broken: "the condition does not hold" is answered after the prepare, by a value that may never have been decided. */
import * as real from "../../core/change.ts";

export * from "../../core/change.ts";

/** Ends where the real one sends the accept that makes sure of what was found. */
export function stepChange(
  state: real.ChangeState,
  event: real.ChangeEvent,
): real.ChangeStep {
  const step = real.stepChange(state, event);
  const { proposal } = step.state;
  const isProposed = step.effects.some(({ kind }) => kind === "send-accept");
  if (!isProposed || proposal?.answer.kind !== "condition-failed") return step;
  const { entry, answer } = proposal;
  const outcome = { kind: "committed", entry, answer, sticky: false } as const;
  return {
    state: { ...step.state, phase: "ended" },
    effects: [{ kind: "end", outcome }],
  };
}
