export type { Agent, ResumeArguments, RunArguments } from "./agent.ts";
export { createAgent } from "./agent.ts";
export type {
  AgentOptions,
  AgentRuntime,
  ContextPolicy,
  ReplayOptions,
  ReplaySettings,
  ResumeOptions,
  ResumeSettings,
  RunInput,
  RunOptions,
  RunSettings,
} from "./agent-options.ts";
export type { Client, ClientOptions } from "./client/index.ts";
export { createClient } from "./client/index.ts";
export type { Clock } from "./clock.ts";
export type { ErrorCode, ErrorInfo } from "./errors.ts";
export { AgentError } from "./errors.ts";
export type {
  Artifact,
  ArtifactReader,
  ArtifactStore,
  CancelledResult,
  ClosingEvent,
  CompletedResult,
  Delta,
  DifferenceKind,
  Evidence,
  EvidenceCall,
  EvidenceSource,
  FailedResult,
  LedgerEntry,
  LimitedResult,
  LimitName,
  LimitUse,
  PausedResult,
  Reporting,
  RunDifference,
  RunEvent,
  RunLimits,
  RunResult,
  StoredEvent,
  TaintSource,
  WaitingCall,
} from "./event/index.ts";
export {
  diffRuns,
  foldEvidence,
  foldResult,
  formatEvent,
  formatEvidence,
  isClosing,
  isDelta,
  parseRecord,
  storedEventSchema,
} from "./event/index.ts";
export type { ApprovalAnswer, Delivery, LoopDetector, OnLimit, Run } from "./loop/index.ts";
export { RunError } from "./loop/index.ts";
export type {
  AssistantMessage,
  ContentPart,
  Cost,
  Effect,
  FilePart,
  FilePartOptions,
  ImagePart,
  ImagePartOptions,
  Message,
  Outcome,
  PartSource,
  RunUsage,
  SystemMessage,
  TextPart,
  ToolCall,
  ToolMessage,
  Usage,
  UserMessage,
} from "./message/index.ts";
export { cachedShare, contentText, costUsd, filePart, formatCost, formatUsage, imagePart } from "./message/index.ts";
export type { Model, ModelEvent, ModelRequest, ModelSettings, ModelTurn } from "./model/index.ts";
export { fromChatMessages, toChatMessages } from "./model/index.ts";
export type { OutputOf, PartialOutput } from "./output/index.ts";
export {
  approvalsIn,
  cancelRun,
  type Decided,
  followUpRun,
  type OpenApproval,
  openApprovals,
  resolveApproval,
  type Sent,
  steerRun,
} from "./resume/index.ts";
export type { RunStore, StoredRun } from "./store/index.ts";
export type {
  AgentTool,
  AnyTool,
  ApprovalInfo,
  CodeExecutionTool,
  CollectionsSearchOptions,
  CollectionsSearchTool,
  ContextOf,
  ImageGenerationOptions,
  ImageGenerationTool,
  JsonSchema,
  Reconciled,
  RemoteMcpOptions,
  RemoteMcpTool,
  ServerTool,
  Stored,
  Tool,
  ToolContext,
  ToolEvent,
  ToolOptions,
  ToolSchema,
  UserLocation,
  WebSearchOptions,
  WebSearchTool,
  XSearchOptions,
  XSearchTool,
} from "./tool/index.ts";
export {
  codeExecution,
  collectionsSearch,
  defineTool,
  imageGeneration,
  remoteMcp,
  webSearch,
  xSearch,
} from "./tool/index.ts";
export type { FetchFunction, Transport, TransportRequest, TransportResponse } from "./wire/index.ts";
export { defaultTransport, fetchTransport, HttpError, RedirectRefused } from "./wire/index.ts";
