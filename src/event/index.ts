export type { EventBase, LimitName, RunLimits } from "./base.ts";
export type { Delta, DeltaBase, ReasoningDelta, TextDelta, ToolInputDelta, ToolProgressDelta } from "./delta.ts";
export type { NewDelta, NewEvent, RunEvent, StoredEvent } from "./event.ts";
export { isClosing, isDelta } from "./event.ts";
export type { RunFold } from "./fold.ts";
export { createFold } from "./fold.ts";
export type { ParsedRecord } from "./jsonl.ts";
export { formatEvent, parseRecord } from "./jsonl.ts";
export type {
  CancelledResult,
  CompletedResult,
  FailedResult,
  LimitedResult,
  RunResult,
  RunResultBase,
} from "./result.ts";
export { foldResult, resultOf } from "./result.ts";
export type {
  CacheMissedEvent,
  CitationEvent,
  ClosingEvent,
  InputInjectedEvent,
  LimitWarningEvent,
  PolicyViolationEvent,
  RunCancelledEvent,
  RunCompletedEvent,
  RunFailedEvent,
  RunLimitedEvent,
  RunStartedEvent,
  WarningEvent,
  WireEvent,
} from "./run-events.ts";
export { storedEventSchema } from "./schema.ts";
export { totalCost } from "./spending.ts";
export type { LedgerEntry, RunState } from "./state.ts";
export type { StepIndex } from "./step.ts";
export { closesStep, createStepIndex } from "./step.ts";
export type { ToolCompletedEvent, ToolExecutingEvent, ToolInputEvent, ToolStartedEvent } from "./tool-events.ts";
export type {
  FailedAttempt,
  TurnCompletedEvent,
  TurnFailedEvent,
  TurnRetryingEvent,
  TurnStartedEvent,
  TurnTiming,
} from "./turn-events.ts";
