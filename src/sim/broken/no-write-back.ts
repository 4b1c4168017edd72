/** Broken: a read that meets a value which not everybody has answers it, instead of sending it to those behind. */
import * as real from "../../core/read.ts";

export * from "../../core/read.ts";

/** Ends with the entry that the real one would send again, and does not send it. */
export function stepRead(
  state: real.ReadState,
  event: real.ReadEvent,
): real.ReadStep {
  const step = real.stepRead(state, event);
  const resent = step.effects.find(({ kind }) => kind === "send-accept");
  if (resent?.kind !== "send-accept") return step;
  const outcome = { kind: "found", entry: resent.entry } as const;
  return {
    state: { ...step.state, phase: "ended" },
    effects: [{ kind: "end", outcome }],
  };
}
