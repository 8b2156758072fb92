export type {
  Effect,
  Executor,
  FinishReason,
  InputIssue,
  Outcome,
  TimingBasis,
  ToolCall,
  ToolCallInput,
  Visibility,
} from "./call.ts";
export type {
  AssistantMessage,
  ContentPart,
  FilePart,
  ImagePart,
  Message,
  MessageToolCall,
  SystemMessage,
  TextPart,
  ToolMessage,
  UserMessage,
} from "./message.ts";
export type { PairedMessages } from "./pair.ts";
export { freshId, NO_RESULT, pairMessages } from "./pair.ts";
export type { Cost, KnownCost, RunUsage, UnknownCost, Usage } from "./usage.ts";
export { costUsd, formatCost, formatUsage, TICKS_PER_USD } from "./usage.ts";
