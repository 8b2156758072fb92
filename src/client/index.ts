export type {
  ChatChunk,
  ChatCompletion,
  ChatMessage,
  ChatPartial,
  ChatTool,
  FileInfo,
  FilePage,
  LanguageModelInfo,
  ListFilesQuery,
  MessagesAnswer,
  MessagesBlock,
  MessagesEvent,
  MessagesInputBlock,
  MessagesInputMessage,
  MessagesPartial,
  MessagesTool,
  ModelInfo,
  ResponsesCompacted,
  ResponsesCompactRequest,
  ResponsesEvent,
  ResponsesInputItem,
  ResponsesPartial,
  ResponsesResponse,
  ResponsesTool,
} from "../wire/index.ts";
export type { BulkheadOptions } from "./bulkhead.ts";
export type { BreakerOptions } from "./circuit.ts";
export {
  type ChatCompletions,
  type Client,
  type ClientModelOptions,
  createClient,
  type LanguageModels,
  type Models,
} from "./client.ts";
export type { ChatCompletionStream } from "./completions.ts";
export type { FileOptions, Files } from "./files.ts";
export type { MessageStream, Messages } from "./messages.ts";
export type { MessagesCreateRequest } from "./messages-request.ts";
export { type ClientOptions, checkRetry } from "./options.ts";
export type { BackupEndpoint, ProtectOptions } from "./protect-options.ts";
export type { RateLimitOptions } from "./rate-limit.ts";
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
export { createRetryBudget, DEFAULT_RETRY_BUDGET, type RetryBudgetOptions } from "./retry-budget.ts";
export { MAX_UPLOAD_BYTES, type UploadOptions, type UploadSource } from "./upload.ts";
