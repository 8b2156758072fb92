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
export { type ApiKey, createEndpoint, type Endpoint, type EndpointOptions } from "./endpoint.ts";
export { HttpError, RedirectRefused } from "./errors.ts";
export { type FetchFunction, fetchTransport } from "./fetch.ts";
export { type FetchModelsOptions, getModel, listModels, type ModelCapabilities, type ModelInfo } from "./models.ts";
export type { Timeouts } from "./timeouts.ts";
export type { Transport, TransportRequest, TransportResponse } from "./transport.ts";
