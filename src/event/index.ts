export type {
  ApprovalDecision,
  ApprovalReason,
  ToolApprovalRequestedEvent,
  ToolApprovalResolvedEvent,
} from "./approval-events.ts";
export { describeArguments } from "./arguments-text.ts";
export type { Artifact, ArtifactReader, ArtifactStore } from "./artifact.ts";
export { type Asked, askedOf, isSearch } from "./asked.ts";
export type { EventBase, LimitName, LimitUse, RunLimits } from "./base.ts";
export { addChecksum, type CheckedLine, takeChecksum } from "./checksum.ts";
export { type Compaction, compactMessages } from "./compaction.ts";
export { crc32 } from "./crc32.ts";
export type { Delta, DeltaBase, ReasoningDelta, TextDelta, ToolInputDelta, ToolProgressDelta } from "./delta.ts";
export { diffRuns } from "./diff.ts";
export type { DifferenceKind, RunDifference } from "./diff-data.ts";
export type { NewDelta, NewEvent, RunEvent, StoredEvent } from "./event.ts";
export { isClosing, isDelta } from "./event.ts";
export { foldEvidence } from "./evidence.ts";
export type {
  CitedPlace,
  Evidence,
  EvidenceCall,
  EvidenceSource,
  EvidenceText,
  EvidenceTurn,
} from "./evidence-data.ts";
export { formatEvidence } from "./evidence-markdown.ts";
export type { SearchCall } from "./finders.ts";
export type { RunFold } from "./fold.ts";
export { createFold } from "./fold.ts";
export type { ParsedRecord, RecordPlace } from "./jsonl.ts";
export { formatCheckedEvent, formatEvent, parseRecord, readRecord } from "./jsonl.ts";
export { RECORD_VERSION } from "./migrate.ts";
export type {
  CancelledResult,
  CompletedResult,
  FailedResult,
  LimitedResult,
  PausedResult,
  Reporting,
  RunResult,
  RunResultBase,
} from "./result.ts";
export { foldResult, resultOf } from "./result.ts";
export type {
  CacheMissedEvent,
  CitationEvent,
  ClosingEvent,
  ContextCompactedEvent,
  Fingerprint,
  InputInjectedEvent,
  LimitWarningEvent,
  PolicyViolationEvent,
  ProtectionEvent,
  RunCancelledEvent,
  RunCompletedEvent,
  RunFailedEvent,
  RunLimitedEvent,
  RunPausedEvent,
  RunResumedEvent,
  RunStartedEvent,
  WaitingCall,
  WarningEvent,
  WireEvent,
} from "./run-events.ts";
export { storedEventSchema } from "./schema.ts";
export { totalCost } from "./spending.ts";
export type { ApprovalEntry, LedgerEntry, RunState } from "./state.ts";
export type { StepIndex } from "./step.ts";
export { closesStep, createStepIndex } from "./step.ts";
export { addTaint, bringsText, describeTaint, isUntrusted, type TaintSource } from "./taint.ts";
export type {
  ToolCompletedEvent,
  ToolExecutingEvent,
  ToolInputEvent,
  ToolLateEvent,
  ToolStartedEvent,
} from "./tool-events.ts";
export type {
  FailedAttempt,
  TurnCompletedEvent,
  TurnFailedEvent,
  TurnRetryingEvent,
  TurnStartedEvent,
  TurnTiming,
} from "./turn-events.ts";
export { visibleLine, visibleText } from "./visible-text.ts";
