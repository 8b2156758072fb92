export type {
  ChatChunk,
  ChatCompletion,
  ChatMessage,
  ChatPartial,
  ChatTool,
  LanguageModelInfo,
  ModelInfo,
  ResponsesEvent,
  ResponsesInputItem,
  ResponsesPartial,
  ResponsesResponse,
  ResponsesTool,
} from "../wire/index.ts";
export {
  type ChatCompletions,
  type Client,
  type ClientModelOptions,
  createClient,
  type LanguageModels,
  type Models,
} from "./client.ts";
export type { ChatCompletionStream } from "./completions.ts";
export { type ClientOptions, checkRetry } from "./options.ts";
export type { ChatCompletionRequest, RequestOptions } from "./request.ts";
export type { ResponseStream, Responses } from "./responses.ts";
export type { ResponsesCreateRequest } from "./responses-request.ts";
export {
  createRetry,
  DEFAULT_RETRY,
  type Retry,
  type RetryHooks,
  type RetryOptions,
  type RetryPolicy,
  retryDelayMs,
  withRetry,
} from "./retry.ts";
