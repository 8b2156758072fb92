import type { StoredEvent } from "./event.ts";

/**
 * Whether the event ends the step it belongs to. A step is named by its position: `turn:3`, `model:3`, `tool:3.1`.
 * A `tool.completed` closes a step only where the call is a step of its own: those of server tools belong to `model:N`. So do requests
 * for approval that are made with the turn; `ask:3.1.2` asks what became of an attempt, `approval:3.1` takes the decision.
 * `compact:3.summary` makes the conversation shorter, or says that it could not.
 */
export function closesStep(event: StoredEvent): boolean {
  switch (event.type) {
    case "turn.started":
    case "turn.completed":
    case "context.compacted":
      return event.step !== undefined;
    case "warning":
      return event.code === "compaction_failed" && (event.step?.startsWith("compact:") ?? false);
    case "tool.approval.requested":
      return event.step?.startsWith("ask:") ?? false;
    case "tool.approval.resolved":
      return event.step?.startsWith("approval:") || event.step?.startsWith("ask:") || false;
    case "tool.completed":
      return event.step?.startsWith("tool:") ?? false;
    default:
      return false;
  }
}

/** Sorts the events of a record into closed and void epochs, as they come. */
export interface StepIndex {
  /**
   * Takes the next event of the record. Returns the events that now count: the event itself when it has no step, the
   * whole epoch when it closes its step, nothing otherwise.
   */
  add(event: StoredEvent): readonly StoredEvent[];
  /** The events of the epoch that closed the step, or undefined while it is open. */
  resultOf(step: string): readonly StoredEvent[] | undefined;
  /** What attempts at a step that is still open have left. */
  attemptsAt(step: string): readonly StoredEvent[];
}

const NONE: readonly StoredEvent[] = [];

export function createStepIndex(): StepIndex {
  const closed = new Map<string, readonly StoredEvent[]>();
  const open = new Map<string, StoredEvent[]>();
  return {
    add(event) {
      const { step, epoch } = event;
      if (step === undefined) return [event];
      if (closed.has(step)) return NONE;
      const attempts = open.get(step);
      if (!closesStep(event)) {
        if (attempts === undefined) open.set(step, [event]);
        else attempts.push(event);
        return NONE;
      }
      open.delete(step);
      const result = (attempts ?? []).filter((earlier) => earlier.epoch === epoch);
      result.push(event);
      closed.set(step, result);
      return result;
    },
    resultOf: (step) => closed.get(step),
    attemptsAt: (step) => open.get(step) ?? NONE,
  };
}
