import { AgentError } from "../errors.ts";
import type { StoredEvent } from "../event/index.ts";

/**
 * Compares the events with the place where they are to stand: what somebody else has appended since is never written over.
 * @throws {AgentError} `seq_conflict`.
 */
export function checkSequence(runId: string, events: readonly StoredEvent[], stored: number): void {
  const wrong = events.findIndex(({ seq }, index) => seq !== stored + index);
  if (wrong !== -1) throw seqConflict(runId, events[wrong]?.seq, stored + wrong);
}

export function seqConflict(runId: string, seq: number | undefined, expected: number): AgentError {
  return new AgentError(
    "seq_conflict",
    `An event with seq ${seq} cannot be appended to ${runId}: seq ${expected} is next. Somebody else wrote to the run; read its record and go on from there.`,
  );
}
