/** What a peer's answer is to its caller where no HTTP stands between them: nodes of one process, and the simulator. */
import type { Result } from "../core/errors.ts";
import type { TransportResult } from "../ports.ts";

/** An answer, or a refusal as `readAnswer` in answer-body.ts would tell it. */
export function transportResultOf(answer: Result<Uint8Array>): TransportResult {
  if (answer.ok) return { kind: "answer", body: answer.value };
  const { code } = answer.error;
  return { kind: "not-sent", reason: `refused: ${code}`, code };
}
