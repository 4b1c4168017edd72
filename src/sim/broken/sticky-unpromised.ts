/** Broken: a replica acknowledges a sticky ballot that it has not promised. */
import * as real from "../../core/register.ts";

export * from "../../core/register.ts";

/** Says that the next ballot is promised to whoever asks for one. */
export function accept(
  register: real.Register,
  { ballot, entry, next }: real.Proposal,
  floor: Parameters<typeof real.accept>[2],
): ReturnType<typeof real.accept> {
  const step = real.accept(register, { ballot, entry }, floor);
  return step.reply.kind === "accepted"
    ? { ...step, reply: { kind: "accepted", sticky: next !== undefined } }
    : step;
}
