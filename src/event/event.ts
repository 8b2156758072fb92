import type { ToolApprovalRequestedEvent, ToolApprovalResolvedEvent } from "./approval-events.ts";
import type { Delta, DeltaBase } from "./delta.ts";
import type {
  CacheMissedEvent,
  CitationEvent,
  ClosingEvent,
  ContextCompactedEvent,
  InputInjectedEvent,
  LimitWarningEvent,
  PolicyViolationEvent,
  ProtectionEvent,
  RunResumedEvent,
  RunStartedEvent,
  WarningEvent,
  WireEvent,
} from "./run-events.ts";
import type {
  ToolCompletedEvent,
  ToolExecutingEvent,
  ToolInputEvent,
  ToolLateEvent,
  ToolStartedEvent,
} from "./tool-events.ts";
import type { TurnCompletedEvent, TurnFailedEvent, TurnRetryingEvent, TurnStartedEvent } from "./turn-events.ts";

/** What happened in a run, stored. */
export type StoredEvent =
  | RunStartedEvent
  | RunResumedEvent
  | ClosingEvent
  | TurnStartedEvent
  | TurnRetryingEvent
  | TurnFailedEvent
  | TurnCompletedEvent
  | ToolStartedEvent
  | ToolInputEvent
  | ToolApprovalRequestedEvent
  | ToolApprovalResolvedEvent
  | ToolExecutingEvent
  | ToolCompletedEvent
  | ToolLateEvent
  | InputInjectedEvent
  | ContextCompactedEvent
  | LimitWarningEvent
  | CitationEvent
  | PolicyViolationEvent
  | CacheMissedEvent
  | ProtectionEvent
  | WarningEvent
  | WireEvent;

/** What a reader of a run sees: stored events, and the deltas between them. Told apart by `type`. */
export type RunEvent = StoredEvent | Delta;

/** What the store adds when an event is appended. */
type Stamped = "seq" | "runId" | "at" | "step" | "epoch" | "parent";

/** An event as it is handed to be recorded. */
export type NewEvent = StoredEvent extends infer E ? (E extends StoredEvent ? Omit<E, Stamped> : never) : never;

/** A delta as it is handed to be emitted. */
export type NewDelta = Delta extends infer D ? (D extends Delta ? Omit<D, keyof DeltaBase> : never) : never;

export function isClosing(event: RunEvent): event is ClosingEvent {
  switch (event.type) {
    case "run.paused":
    case "run.completed":
    case "run.failed":
    case "run.cancelled":
    case "run.limited":
      return true;
    default:
      return false;
  }
}

export function isDelta(event: RunEvent): event is Delta {
  switch (event.type) {
    case "text.delta":
    case "reasoning.delta":
    case "tool.input.delta":
    case "tool.progress":
      return true;
    default:
      return false;
  }
}
