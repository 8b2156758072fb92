export type {
  CodeExecutionCall,
  CodeExecutionInput,
  CollectionsSearchCall,
  CollectionsSearchInput,
  Effect,
  Executor,
  FinishReason,
  FunctionCall,
  ImageGenerationCall,
  ImageGenerationInput,
  InputIssue,
  McpCall,
  OtherCall,
  Outcome,
  ServerCall,
  ServerToolKind,
  TimingBasis,
  ToolCall,
  ToolKind,
  Visibility,
  WebSearchCall,
  WebSearchInput,
  XSearchCall,
  XSearchInput,
} from "./call.ts";
export { checkMessage, checkMessages, checkUserMessage } from "./check.ts";
export { checkPart } from "./check-part.ts";
export type { Citation, FoundBy, Source, SourceType, Span } from "./citation.ts";
export { isCompaction } from "./compaction.ts";
export { contentText } from "./content.ts";
export { base64Size, IMAGE_TYPES, MAX_IMAGE_BYTES, MAX_INLINE_FILE_BYTES, splitDataUrl } from "./media.ts";
export type {
  AssistantMessage,
  ContentPart,
  FilePart,
  ImagePart,
  Message,
  MessageToolCall,
  RawItems,
  SystemMessage,
  TextPart,
  ToolMessage,
  UserMessage,
} from "./message.ts";
export type { PairedMessages } from "./pair.ts";
export { freshId, NO_RESULT, pairMessages } from "./pair.ts";
export { type FilePartOptions, filePart, type ImagePartOptions, imagePart, type PartSource } from "./part.ts";
export type { Protection, ProtectionAction } from "./protection.ts";
export type { Cost, KnownCost, RunUsage, UnknownCost, Usage } from "./usage.ts";
export { cachedShare, costUsd, formatCost, formatTurnUsage, formatUsage, TICKS_PER_USD } from "./usage.ts";
