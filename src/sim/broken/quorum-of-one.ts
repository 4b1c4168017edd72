/** Broken: the first replica that accepts a change decides it. */
import * as real from "../../core/change.ts";

export * from "../../core/change.ts";

/** Commits at the first `accepted`; layouts still take their majorities. */
export function stepChange(
  state: real.ChangeState,
  event: real.ChangeEvent,
): real.ChangeStep {
  const { proposal, phase, input } = state;
  // Of keys, that is: with such layouts no ring would form.
  const isOfKey = input.operation.kind !== "propose";
  if (event.kind !== "accepted" || phase !== "accept" || !proposal || !isOfKey)
    return real.stepChange(state, event);
  const outcome = { kind: "committed", ...proposal, sticky: false } as const;
  return {
    state: { ...state, phase: "ended" },
    effects: [{ kind: "end", outcome }],
  };
}
