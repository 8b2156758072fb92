export { type ChatStream, type StreamChatOptions, streamChat } from "./chat.ts";
export { type ChatAccumulator, type ChatPartial, createChatAccumulator } from "./chat-accumulator.ts";
export type { ChatPartialChoice } from "./chat-choice.ts";
export { decodeChatChunk } from "./chat-decode.ts";
export type {
  ChatAnswer,
  ChatAssistantMessage,
  ChatChoice,
  ChatChoiceDelta,
  ChatChunk,
  ChatCompletion,
  ChatCompletionTokens,
  ChatContentPart,
  ChatDataChunk,
  ChatDelta,
  ChatFilePart,
  ChatFinishReason,
  ChatFunction,
  ChatImagePart,
  ChatJsonSchema,
  ChatMessage,
  ChatPromptTokens,
  ChatRequest,
  ChatResponseFormat,
  ChatStreamOptions,
  ChatSystemMessage,
  ChatTextPart,
  ChatTool,
  ChatToolCall,
  ChatToolCallDelta,
  ChatToolChoice,
  ChatToolMessage,
  ChatUnknownChunk,
  ChatUsage,
  ChatUserMessage,
} from "./chat-types.ts";
export { decodeChatUsage } from "./chat-usage.ts";
export { defaultTransport } from "./default-transport.ts";
export { type ApiKey, type Auth, createEndpoint, type Endpoint, type EndpointOptions } from "./endpoint.ts";
export { HttpError, RedirectRefused } from "./errors.ts";
export { type FetchFunction, fetchTransport } from "./fetch.ts";
export {
  deleteFile,
  type FileForm,
  type FileInfo,
  type FilePage,
  type FileRequestOptions,
  getFile,
  type ListFilesQuery,
  listFiles,
  readFile,
  uploadFile,
} from "./files.ts";
export {
  getLanguageModel,
  type LanguageModelInfo,
  type LanguageModelPrices,
  type LongContextPrices,
  listLanguageModels,
} from "./language-models.ts";
export { type MessagesStream, type StreamMessagesOptions, streamMessages } from "./messages.ts";
export { createMessagesAccumulator, type MessagesAccumulator, type MessagesPartial } from "./messages-accumulator.ts";
export { decodeMessagesEvent } from "./messages-decode.ts";
export type {
  MessagesAnswer,
  MessagesBlock,
  MessagesDelta,
  MessagesEvent,
  MessagesHead,
  MessagesInputBlock,
  MessagesInputMessage,
  MessagesOtherBlock,
  MessagesRedactedThinkingBlock,
  MessagesRequest,
  MessagesServerToolUseBlock,
  MessagesSource,
  MessagesStopReason,
  MessagesTextBlock,
  MessagesThinkingBlock,
  MessagesTool,
  MessagesToolChoice,
  MessagesToolUseBlock,
  MessagesUsage,
} from "./messages-types.ts";
export { decodeMessagesUsage } from "./messages-usage.ts";
export { type FetchModelsOptions, getModel, listModels, type ModelCapabilities, type ModelInfo } from "./models.ts";
export { type ResponsesStream, type StreamResponsesOptions, streamResponses } from "./responses.ts";
export {
  createResponsesAccumulator,
  type ResponsesAccumulator,
  type ResponsesPartial,
} from "./responses-accumulator.ts";
export {
  type CompactResponsesOptions,
  compactResponses,
  type ResponsesCompacted,
  type ResponsesCompactRequest,
  type ResponsesCompactUsage,
} from "./responses-compact.ts";
export { decodeResponsesEvent, textNameOf } from "./responses-decode.ts";
export type {
  ResponsesAnnotationEvent,
  ResponsesDeltaEvent,
  ResponsesDoneEvent,
  ResponsesEvent,
  ResponsesHead,
  ResponsesItemEvent,
  ResponsesPartEvent,
  ResponsesPhaseEvent,
  ResponsesSnapshotEvent,
  ResponsesTerminalEvent,
  ResponsesTextName,
  ResponsesUnknownEvent,
} from "./responses-events.ts";
export { isAnnotation, isKnownItem } from "./responses-item-kinds.ts";
export type {
  ResponsesAnnotation,
  ResponsesCodeInterpreterCall,
  ResponsesCodeOutput,
  ResponsesCompaction,
  ResponsesContent,
  ResponsesCustomToolCall,
  ResponsesFileResult,
  ResponsesFileSearchCall,
  ResponsesFunctionCall,
  ResponsesImageGenerationCall,
  ResponsesKnownItem,
  ResponsesMcpCall,
  ResponsesMessage,
  ResponsesOtherItem,
  ResponsesOutputItem,
  ResponsesReasoning,
  ResponsesReasoningText,
  ResponsesShellCall,
  ResponsesSource,
  ResponsesStatus,
  ResponsesToolSearchCall,
  ResponsesToolSearchOutput,
  ResponsesWebSearchAction,
  ResponsesWebSearchCall,
  ResponsesXSearchCall,
} from "./responses-items.ts";
export type {
  ResponsesCodeInterpreterTool,
  ResponsesFileSearchTool,
  ResponsesFunctionCallOutput,
  ResponsesFunctionTool,
  ResponsesImageGenerationTool,
  ResponsesInclude,
  ResponsesInputContent,
  ResponsesInputItem,
  ResponsesInputMessage,
  ResponsesMcpTool,
  ResponsesReasoningOptions,
  ResponsesRequest,
  ResponsesShellCallOutput,
  ResponsesShellTool,
  ResponsesTextFormat,
  ResponsesTool,
  ResponsesToolChoice,
  ResponsesToolSearchTool,
  ResponsesWebSearchTool,
  ResponsesXSearchTool,
} from "./responses-request.ts";
export type {
  ResponsesIncompleteDetails,
  ResponsesMetadata,
  ResponsesResponse,
  ResponsesUsage,
} from "./responses-types.ts";
export { decodeResponsesUsage } from "./responses-usage.ts";
export { INVALID_UTF8, type UnknownItem } from "./stream.ts";
export type { Timeouts } from "./timeouts.ts";
export type { Transport, TransportRequest, TransportResponse } from "./transport.ts";
